// SPDX-License-Identifier: Apache-2.0
// One instance as Status tells of it: filled by the supervisor, written as JSON, read back by the
// command line. Plain data that borrows its texts, so that telling of 1,000 instances copies none.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace stayd::control {

enum class EndKind : std::uint8_t { none, code, signal, unknown };

/// How the last run ended.
struct LastExitView {
  EndKind kind = EndKind::none;  ///< none: no run has ended yet
  std::int32_t value = 0;        ///< exit code or signal number
  bool core = false;             ///< dumped core
  bool oom = false;              ///< killed by the kernel for want of memory
  WallTime at{};
  std::uint64_t run = 0;
  Duration ran_for{};
  std::string_view line{};  ///< last line on stderr; only the command line fills it
};

/// Why a start failed before the program ran.
struct FailureView {
  std::int32_t number = 0;  ///< errno; 0: no such failure
  std::string_view step{};  ///< "setting the user" (os/spawn.h: phrase)
  std::string_view text{};  ///< the whole clause: "setting the user: Operation not permitted"
};

/// What the machine's accounting says. `known` false: nothing is written.
struct UsageView {
  bool known = false;
  std::uint64_t memory = 0;  ///< bytes
  Duration cpu{};            ///< user and system time of this run
  std::uint32_t processes = 0;
};

/// Empty texts, zero times and zero numbers are left out of the JSON, but for pid, run and
/// restarts.
struct InstanceView {
  std::string_view service{};
  std::string_view instance{};
  std::string_view type{};       ///< "daemon", "task", "group"
  std::string_view phase{};      ///< word(core::Phase)
  std::string_view want{};       ///< "up", "down"
  std::string_view health{};     ///< "ok", "starting", "failing"; empty: not known
  std::string_view reason{};     ///< word(core::Reason)
  std::string_view cause{};      ///< the other instance that `reason` speaks of
  std::string_view condition{};  ///< of the edge to `cause` that is waited for: "ready"
  std::int32_t pid = 0;
  std::uint64_t run = 0;
  WallTime since{};        ///< of the phase
  WallTime ready_since{};  ///< zero: not ready
  WallTime next_start{};   ///< backoff: when
  WallTime kill_at{};      ///< stopping: when SIGKILL follows
  std::uint32_t restarts = 0;
  std::uint32_t orphans = 0;       ///< processes whose parent had left them, reaped since then
  bool suspended = false;          ///< the main process is stopped by a signal (SIGSTOP)
  bool ready_timed_out = false;    ///< the run was not ready in time, and stopped for it
  bool stop_timed_out = false;     ///< the run outlived its stop-timeout and was killed
  std::int64_t operator_uid = -1;  ///< whose command `reason` speaks of; -1: nobody's
  std::int32_t operator_pid = 0;
  LastExitView last_exit{};
  FailureView failure{};
  std::string_view status_text{};  ///< sd_notify STATUS=
  std::uint64_t log_bytes = 0;
  std::string_view trouble{};  ///< the log's: "disk full"
  std::string_view cgroup{};   ///< leaf below the supervisor's, of the present run; empty: none
  UsageView usage{};
};

/// The supervisor as Status tells of it.
struct SupervisorView {
  std::int32_t pid = 0;
  std::int32_t keeper = 0;
  std::int32_t log_writer = 0;
  std::uint64_t generation = 1;  ///< one more after each take-over
  std::string_view name{};       ///< of folders and cgroup
  std::string_view title{};      ///< what a person sees
  std::string_view version{};
  WallTime since{};
  std::string_view config{};  ///< path; empty: none (stayd run)
  std::string_view log_dir{};
  std::string_view cgroup{};       ///< absolute path with the mount; empty: none
  std::string_view containment{};  ///< "cgroup", "processes", "pid-namespace"
  std::string_view shutdown{};     ///< "ordered", "now" while going down
  std::uint32_t orphans = 0;       ///< reaped, of no service that is known
  std::string_view trouble{};      ///< "degraded": starts nothing new, and why
};

}  // namespace stayd::control
