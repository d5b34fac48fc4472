// SPDX-License-Identifier: Apache-2.0
// Readiness: what a run is given before its start, and who watches for it. What a successor will
// need of it (the notify socket with what waits in it, the pipe's read end) the log writer keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "runtime/containment.h"
#include "runtime/launcher.h"
#include "runtime/log_link.h"
#include "runtime/notify.h"
#include "runtime/probes.h"
#include "runtime/runs.h"

namespace stayd::runtime {

class Readiness {
 public:
  struct Setting {
    os::Epoll& epoll;
    LogLink& logs;
    const Containment& containment;
    Facts& facts;  ///< became_ready goes there
    std::string notify_folder{};
    /// Starts a probe's command; its end is told by command_ended.
    std::function<Status(InstanceId, RunId, std::span<const std::string>)> start_command{};
  };
  explicit Readiness(Setting setting);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// Before the start: NOTIFY_SOCKET or the pipe, as the service has it.
  Status prepare(const model::Service& service, Launch& launch);
  /// Begins to watch. After a take-over, with what the predecessor had.
  Status watch(const model::Service& service, InstanceId id, RunId run, Instant run_started,
               Instant now);
  /// Of a run that was ready before a take-over: it may still notify.
  Status resume(const model::Service& service, InstanceId id, RunId run);
  /// No more probing; sd_notify is listened to until release.
  void unwatch(InstanceId id, RunId run) { probes_.end(id, run); }
  void release(InstanceId id, RunId run);
  /// At the supervisor's end.
  void remove_all() { notify_.remove_all(); }

  void probe_ready(InstanceId id, RunId run, Instant now);
  void command_ended(InstanceId id, RunId run, const core::LastExit& exit, Instant now);
  void tick(Instant now);
  /// The log writer found what the service is to print when it is ready.
  void matched(const MatchedRun& found);
  [[nodiscard]] Instant next_deadline() const { return probes_.next_deadline(); }
  /// Datagrams came. Readiness is told already; what else they say is the caller's.
  Notified notified(const ContainedRun& run, Instant now);

  /// STATUS= of sd_notify; empty: none.
  [[nodiscard]] std::string_view status_text(InstanceId id) const;
  /// What it waits for that it cannot look at itself; empty: something that can be.
  static std::string awaited(const model::Probe& probe);
  /// Why it is not ready yet, as a clause; empty: not known.
  [[nodiscard]] std::string why_not(InstanceId id, RunId run) const {
    return probes_.why_not(id, run);
  }

 private:
  struct ReadyPipe {
    RunId run = no_run;
    os::Fd read_end;
  };
  struct StatusText {
    InstanceId instance = no_instance;
    std::string text;
  };
  Status watch_notify(InstanceId id, RunId run);
  os::Fd take_pipe(RunId run);
  void tell();
  void note_status(InstanceId id, std::string text);

  Setting setting_;
  NotifySockets notify_;
  Probes probes_;
  std::vector<ReadyRun> became_ready_;
  std::vector<ReadyPipe> pipes_;      ///< of runs that are about to be watched; few
  std::vector<StatusText> statuses_;  ///< of those that said something
};

}  // namespace stayd::runtime
