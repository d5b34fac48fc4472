// SPDX-License-Identifier: Apache-2.0
// What services say of themselves: sd_notify(3) datagrams, on one socket for each run.
//
// Whatever comes in is a stranger's until its sender is shown to belong to the run: by the cgroup
// of its pidfd, or without cgroups by descent. Descriptors that come with it are closed, all of
// them: for BARRIER=1 that is the answer that its sender waits for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"
#include "os/socket.h"
#include "runtime/containment.h"

namespace stayd::runtime {

/// The fields of one datagram that mean something to us.
struct NotifyFields {
  bool ready = false;
  bool reloading = false;
  bool stopping = false;
  std::optional<std::string> status;  ///< printable, at most most_status_bytes of it
  std::int32_t main_pid = 0;          ///< as claimed; 0: none
};
inline constexpr std::size_t most_status_bytes = 512;
inline constexpr std::size_t most_notify_bytes = 4096;  ///< of a datagram

/// Fails on what cannot be meant: empty, too long, with NUL, not UTF-8. Unknown fields and values
/// are passed over; of several of a kind the last counts.
Result<NotifyFields> parse_notification(std::string_view datagram);

/// What one turn of reading brought.
struct Notified {
  bool ready = false;
  bool reloading = false;
  bool stopping = false;
  std::optional<std::string> status;
  std::int32_t main_pid = 0;  ///< of a process of the run
  os::Fd main_process;        ///< its pidfd
  std::string complaint;  ///< about what was ignored, to be told; at most once a minute for a run
};

class NotifySockets {
 public:
  /// `folder`: below the runtime directory; made when first needed, mode 0711.
  NotifySockets(std::string folder, const Containment& containment)
      : folder_(std::move(folder)), containment_(containment) {}

  /// A socket for this run, open to every sender (mode 0666). Replaces what an earlier supervisor
  /// left there.
  Result<os::FdView> open(InstanceId instance, RunId run);
  /// The same with the socket that a predecessor had.
  os::FdView adopt(InstanceId instance, RunId run, os::Fd socket);
  /// NOTIFY_SOCKET.
  [[nodiscard]] std::string path_of(RunId run) const;
  /// To be watched, and to be handed to a successor; invalid if there is none.
  [[nodiscard]] os::FdView socket_of(InstanceId instance, RunId run) const;

  /// Reads at most 16 datagrams: what is left keeps the socket readable.
  Notified receive(const ContainedRun& run, Instant now);

  /// Closes and removes it. The descriptor must not be watched any more.
  void end(InstanceId instance, RunId run);
  /// At the supervisor's end, or before a first start: removes every socket and the folder.
  void remove_all();

 private:
  struct Entry {
    InstanceId instance = no_instance;
    RunId run = no_run;
    os::Fd socket;
    Instant next_complaint{};
  };
  Entry* find(InstanceId instance, RunId run);
  void take(const ContainedRun& run, const os::Received& received, std::string_view bytes,
            Notified& into);
  void take_main_pid(const ContainedRun& run, std::int32_t pid, Notified& into);

  std::string folder_;
  const Containment& containment_;
  std::vector<Entry> entries_;
};

}  // namespace stayd::runtime
