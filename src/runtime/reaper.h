// SPDX-License-Identifier: Apache-2.0
// The one reaping path. A ready pidfd and SIGCHLD only say "look": a status is read without taking
// it (WNOWAIT), told to the core, written into the ledger, and only then reaped. So a supervisor
// that dies in between leaves a zombie that its successor reads again.
//
//   process_ready, keeper_says, look -> facts
//   release_noted, after the ledger has been written
//   reap, after what is to be started again has been: the kernel takes a while over it
//
// A child that the kernel says is not ours was our predecessor's: the keeper is asked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "os/process.h"
#include "runtime/keeper_link.h"
#include "runtime/runs.h"
#include "runtime/token.h"

namespace stayd::runtime {

class Reaper {
 public:
  /// `orphan` is told of each child that is no run's main process, before it is reaped.
  struct Setting {
    os::FdView keeper;
    os::Epoll& epoll;
    Runs& runs;
    Facts& facts;
    std::function<void(const os::ExitStatus&)> orphan{};
    /// Whether somebody waits for this child by its pidfd and calls finish() (a helper, the log
    /// writer): its status is left to that.
    std::function<bool(std::int32_t)> is_awaited{};
  };
  explicit Reaper(Setting setting) : setting_(std::move(setting)) {}
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  /// A new run's process: watched from now on.
  Status watch(InstanceId instance, RunId run, os::Fd process, std::int32_t pid);

  /// After a take-over: a main process that ended. The keeper is told to reap it once the ledger
  /// has been written.
  void adopt_ended(InstanceId instance, RunId run, os::Fd process, std::int32_t pid);
  /// Another process is the main one from now on (MAINPID of sd_notify).
  Status replace(InstanceId instance, os::Fd process, std::int32_t pid);
  /// The run is over: closes its process.
  void forget(InstanceId instance);

  void process_ready(const Token& token);
  /// SIGCHLD came: there is something to look for.
  void children_changed() { look_ = true; }
  [[nodiscard]] bool wants_look() const { return look_; }
  /// Stop and continue notices, and whatever ended and is no run's main process. One that is, or
  /// is awaited, has a pidfd that tells: it is left to that, and wants_look() stays until it is
  /// reaped. It comes after what is to be started again.
  void look();
  /// The keeper has something to reap, or answers to a question of ours.
  void keeper_says(const LinkMessage& message);
  /// The ledger has the statuses that were told: their processes may be reaped.
  void release_noted();
  /// Reaps them; look() does so too. False: there were none.
  bool reap();
  /// The end of a process that is no run's (the log writer, a helper): none while it is alive.
  /// Reaped, or, of kind `unknown`, our predecessor's, which the keeper is told to reap.
  std::optional<core::LastExit> finish(os::FdView process, std::int32_t pid);

 private:
  void note(InstanceId instance, const core::LastExit& exit, const RunUsage& usage);
  [[nodiscard]] bool is_awaited(std::int32_t pid) const;
  void note_stop(const os::StopNotice& notice);
  void ask_keeper(LinkKind kind, std::int32_t pid);
  void unwatch(Run& run);

  struct Noted {
    InstanceId instance = no_instance;
    std::int32_t pid = 0;
    bool keepers = false;
  };
  Setting setting_;
  std::vector<Noted> noted_;
  static constexpr std::size_t most_forgotten = 8;
  std::vector<os::Fd> forgotten_;       ///< to be closed by look()
  std::vector<std::int32_t> released_;  ///< zombies of ours
  bool look_ = false;
};

/// What the core is told of a status.
core::LastExit exit_of(const os::ExitStatus& status);
core::LastExit exit_of(const LinkMessage& message);

}  // namespace stayd::runtime
