// SPDX-License-Identifier: Apache-2.0
// One look at the process table, and which of its processes belong to a run: how runs are kept
// together without cgroups.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "os/process.h"

namespace stayd::runtime {

/// A process by what no other one has: the number may be used again.
struct SeenProcess {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
};

/// A run to be looked for.
struct WalkSubject {
  std::string_view instance;
  RunId run = no_run;
  std::int32_t session = 0;  ///< pid that its main process had from birth
  bool main_gone = false;    ///< reaped: the number may be another process's
  /// By pid, members at an earlier look: what is ending has no environment any more.
  std::span<const SeenProcess> seen;
};

class ProcessWalk {
 public:
  /// Looks at what is below `root` (of the supervisor's own process the children, not itself).
  /// `is_main`: whether a pid is the main process of some run that is alive.
  ProcessWalk(std::int32_t root, const std::function<bool(std::int32_t)>& is_main);

  /// Whether some process ended while the table was read: what moves from process to process may
  /// have been missed.
  [[nodiscard]] bool is_torn() const { return is_torn_; }
  /// Whether one below us is ending that is of none of these runs, nor the main process of any:
  /// nobody can tell any more whose it is.
  [[nodiscard]] bool has_stray(std::span<const WalkSubject> subjects);
  /// Whether the group of its main process is there: this misses nothing that stays in it.
  [[nodiscard]] bool group_is_left(const WalkSubject& subject) const;
  /// Zombies are left out: nothing of them runs.
  [[nodiscard]] std::vector<const os::ProcessInfo*> members(const WalkSubject& subject);
  /// Whether this pid is one of them; a zombie too.
  [[nodiscard]] bool is_member(const WalkSubject& subject, std::int32_t pid);

 private:
  struct Entry {
    os::ProcessInfo info;
    std::uint32_t top = 0;  ///< index of its ancestor that is a child of root or of ours; `none`
    bool marker_read = false;
    RunId marker = no_run;  ///< STAYD_RUN
    std::string marker_instance;
  };
  [[nodiscard]] std::uint32_t index_of_pid(std::int32_t pid) const;
  void find_tops(std::int32_t root);
  bool belongs(Entry& entry, const WalkSubject& subject);
  bool has_marker(Entry& entry, const WalkSubject& subject);
  [[nodiscard]] bool is_session_over(const WalkSubject& subject) const;

  std::vector<Entry> entries_;  ///< by pid
  bool is_torn_ = false;
  const std::function<bool(std::int32_t)>* is_main_;
};

/// Sends `signal` if it is still the same process.
void signal_process(const os::ProcessInfo& process, int signal);

}  // namespace stayd::runtime
