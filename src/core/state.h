// SPDX-License-Identifier: Apache-2.0
// What the supervisor knows of each instance: plain data, trivially copyable, the ledger's content.
//
// An instance goes through phases. It has a want (up or down), which operators, dependencies and
// policies set, and `settle` derives from facts and want alone what to do next:
//
//   stopped    no process, and none wanted
//   waiting    wanted; waits for dependencies, for a conflicting one to go, or for a start slot
//   preparing  a spawn has been asked for; its outcome is not known yet
//   starting   the process exists and is not ready yet
//   running    ready
//   stopping   the stop signal or command is out; the main process is still there
//   cleaning   the main process is gone; something it forked may be left
//   backoff    waits for the time of the next restart
//   failed     ended badly for good (limit, never-on code, not startable); an operator may start it
//   done       ended well for good (a task, or policy says no restart)
//
// docs/STATES.md tells it at length and has the generated phase x event table.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "base/ids.h"
#include "base/time.h"

namespace stayd::core {

enum class Phase : std::uint8_t {
  stopped,
  waiting,
  preparing,
  starting,
  running,
  stopping,
  cleaning,
  backoff,
  failed,
  done
};
inline constexpr std::size_t phase_count = 10;

/// Whether something of the instance is there or may be (a group counts while it is up).
constexpr bool is_alive(Phase phase) {
  return phase == Phase::preparing || phase == Phase::starting || phase == Phase::running ||
         phase == Phase::stopping || phase == Phase::cleaning;
}

enum class Want : std::uint8_t { down, up };

/// Why an instance is where it is. The words (`word(Reason)`) are the same in explain, status,
/// events and the simulator.
enum class Reason : std::uint8_t {
  none,  ///< never touched
  boot,  ///< enabled, started with the supervisor
  operator_start,
  operator_stop,
  operator_restart,
  operator_kill,
  needed_by,            ///< started because `cause` requires or wants it
  requirement_waiting,  ///< `cause` has not met its condition yet
  requirement_failed,   ///< `cause`, which it requires, failed or ended
  conflict,             ///< stopped because of `cause`, or waits until `cause` is gone
  part_of,              ///< follows the stop or restart of `cause`
  start_slots,          ///< waits: max-parallel-starts are starting
  spawn_failed,         ///< step and errno in `last_failure`
  became_ready,
  ready_timeout,       ///< not ready in time
  exited,              ///< by itself; last_exit says how
  restart_delay,       ///< waits for the next restart
  restart_limit,       ///< too many restarts within the interval
  never_restart_code,  ///< exit code in never-on
  policy_no_restart,   ///< restart policy says that this end is final
  task_done,
  on_failure_of,        ///< started because `cause` failed
  stop_escalated,       ///< stop-timeout passed: killed
  shutdown,             ///< the supervisor is going down
  resource_retry,       ///< a spawn failed for want of something that may come back (EAGAIN, ...)
  requirement_stopped,  ///< `cause`, which it requires, was stopped by somebody
  requirement_back,     ///< started again because `cause`, which it requires, is there again
};
inline constexpr std::size_t reason_count = 27;

enum class ExitKind : std::uint8_t { none, code, signal, unknown };

struct LastExit {
  ExitKind kind = ExitKind::none;
  bool core_dumped = false;
  bool oom_killed = false;
  std::uint8_t value = 0;  ///< exit code, or signal number
  RunId run{};
  WallTime at{};  ///< shown only
  Duration ran_for{};
};

/// The child's step at which a start failed and its errno. The steps are os/spawn.h's; the core
/// knows one of them, for the exit codes 126 and 127.
inline constexpr std::uint8_t execute_step = 16;
struct LastFailure {
  std::uint8_t step = 0;
  std::int32_t number = 0;
  std::int32_t detail = 0;
};

/// How far a stop has gone. In `cleaning` never none: what is left has been sent TERM.
enum class StopStage : std::uint8_t { none, asked, escalated };

/// When the last restarts were, for restart.limit: a mark for each of them, or, so that 10 marks do
/// for any limit, for every second, third, ... one.
struct RecentRestarts {
  static constexpr std::uint32_t most_marks = 10;
  Instant latest{};                             ///< of the newest mark, to the millisecond
  std::uint32_t marks = 0;                      ///< how many there are
  std::uint32_t unmarked = 0;                   ///< restarts since the newest mark
  std::array<std::uint32_t, most_marks> age{};  ///< ms before `latest`, newest first; saturates
};

enum class DeadlineKind : std::uint8_t { phase, health, watchdog, schedule };
inline constexpr std::size_t deadline_kinds = 4;

struct InstanceState {
  Phase phase = Phase::stopped;
  Want want = Want::down;
  Reason reason = Reason::none;       ///< of the phase
  Reason want_reason = Reason::none;  ///< of the want: who or what last set it
  StopStage stop_stage = StopStage::none;
  std::uint8_t kills = 0;           ///< how often everything was killed in this stop; saturates
  bool restart_after_stop = false;  ///< the stop under way is half of a restart
  bool start_timed_out = false;   ///< `run` was not ready within ready.timeout, and stopped for it
  bool stop_timed_out = false;    ///< `run` outlived its stop-timeout: what was left was killed
  bool terminal_stopped = false;  ///< the main process is stopped by a signal (SIGSTOP)
  bool started_by_operator = false;
  InstanceId cause = no_instance;  ///< the other instance that `reason` speaks of
  InstanceId want_cause = no_instance;
  std::int32_t pid = 0;            ///< main process of `run`; 0: none
  std::uint32_t operator_uid = 0;  ///< for operator_* reasons
  std::int32_t operator_pid = 0;
  RunId run{};            ///< the current or last run
  RunId outgoing_run{};   ///< a second life while a restart overlaps; 0: none
  Instant since{};        ///< of the phase
  WallTime since_wall{};  ///< shown only
  Instant run_started{};
  Instant ready_at{};  ///< 0: not ready yet in this run
  std::array<Instant, deadline_kinds> deadlines{Instant::never(), Instant::never(),
                                                Instant::never(), Instant::never()};
  std::uint32_t restarts = 0;       ///< since the operator or the boot last started it
  std::uint32_t unhealthy = 0;      ///< ends in a row without a healthy run between
  std::uint32_t spawn_retries = 0;  ///< failed starts in a row
  std::uint32_t orphans = 0;  ///< reaped by us instead of a parent of theirs; counted as `restarts`
  RecentRestarts recent;
  LastExit last_exit;
  LastFailure last_failure;  ///< of the last start, if that failed
};
static_assert(std::is_trivially_copyable_v<InstanceState>);

/// Down only because a requirement was lost: it comes back with that.
constexpr bool went_with_requirement(const InstanceState& instance) {
  return instance.want == Want::down && (instance.want_reason == Reason::requirement_failed ||
                                         instance.want_reason == Reason::requirement_stopped);
}

/// What is known beyond the instances; also in the ledger.
struct SupervisorState {
  std::uint64_t next_run = 1;
  std::uint64_t random =
      0x9e3779b97f4a7c15ull;  ///< state of the jitter's generator, seeded by runtime
  bool shutting_down = false;
  bool shutdown_now = false;  ///< no more patience: everything is killed
  bool leaving = false;       ///< Action leave has been given
  std::uint8_t exit_status = 0;
  std::uint32_t orphans = 0;  ///< reaped, of nobody's that is known; shown only
  Instant shutdown_deadline = Instant::never();

  bool operator==(const SupervisorState&) const = default;
};
static_assert(std::is_trivially_copyable_v<SupervisorState>);

const char* word(Phase);
const char* word(Want);
const char* word(Reason);

}  // namespace stayd::core
