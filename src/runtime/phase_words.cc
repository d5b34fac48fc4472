// SPDX-License-Identifier: Apache-2.0
#include "runtime/phase_words.h"

#include "base/text.h"
#include "runtime/launcher.h"

namespace stayd::runtime {
namespace {

using core::Phase;
using core::Reason;

constexpr auto phase_deadline = static_cast<std::size_t>(core::DeadlineKind::phase);

std::string delay_words(const core::InstanceState& state, Instant now) {
  const Instant at = state.deadlines[phase_deadline];
  if (at == Instant::never() || at <= now) return "now";
  return "in " + format_duration_short(at - now);
}

bool had_process(Phase phase) {
  return phase == Phase::starting || phase == Phase::running || phase == Phase::stopping ||
         phase == Phase::cleaning;
}

bool was_asked_for(Reason reason) {
  return reason == Reason::operator_restart || reason == Reason::operator_start ||
         reason == Reason::part_of || reason == Reason::conflict;
}

/// The step from `before` was a start that failed before exec.
bool start_failed(Phase before, const core::InstanceState& state) {
  return before == Phase::preparing && state.last_failure.number != 0;
}

/// How the run ended, or the one before where the next has begun.
std::string run_words(const core::InstanceState& state) {
  const bool was_late = state.start_timed_out || state.reason == Reason::ready_timeout;
  return (was_late ? "was not ready in time and " : "") + end_words(state.last_exit);
}

/// Why it stays down.
const char* final_words(Reason reason) {
  if (reason == Reason::restart_limit) return "too many restarts, it stays down";
  if (reason == Reason::never_restart_code) return "a code for which it is not restarted";
  if (reason == Reason::policy_no_restart) return "which its restart policy takes as final";
  if (reason == Reason::requirement_failed) return "what it requires failed or ended";
  return core::word(reason);  // no other reason makes anything failed
}

std::string start_words(const std::string& name, const core::InstanceState& state,
                        const model::Service* service) {
  return "cannot start " + name + ": " +
         Launcher::text_of(state.last_failure, service ? &service->execution : nullptr);
}

std::string failed_words(std::string name, Phase before, const core::InstanceState& state,
                         const model::Service* service) {
  if (start_failed(before, state)) return start_words(name, state, service);
  std::string text = std::move(name) + " failed: ";
  text += had_process(before) ? run_words(state) + ", " : "";
  return text + final_words(state.reason);
}

std::string backoff_words(const std::string& name, Phase before, const core::InstanceState& state,
                          Instant now, const model::Service* service) {
  if (start_failed(before, state))
    return start_words(name, state, service) + ", next try " + delay_words(state, now);
  return name + " " + run_words(state) + ", restarting " + delay_words(state, now);
}

bool was_killed(const core::LastExit& exit) {
  constexpr std::uint8_t kill_signal = 9;
  return exit.kind == core::ExitKind::signal && exit.value == kill_signal;
}

/// Of a stop whose stop-timeout has passed.
std::string late_words(const model::Service* service) {
  if (!service) return "did not end within its stop-timeout";
  const model::Stop& stop = service->stop;
  return "did not end within " + format_duration_short(stop.timeout) + " of " +
         (stop.command.empty() ? signal_name(stop.signal) : "its stop-command");
}

}  // namespace

std::string end_words(const core::LastExit& exit) {
  std::string text;
  switch (exit.kind) {
    case core::ExitKind::none: return "has not run";
    case core::ExitKind::unknown: return "ended while no supervisor was there to see how";
    case core::ExitKind::code: text = "exited with " + std::to_string(exit.value); break;
    case core::ExitKind::signal: text = "was killed by " + signal_name(exit.value); break;
  }
  if (exit.ran_for.ns > 0) text += " after " + format_duration_short(exit.ran_for);
  if (exit.core_dumped) text += " (core dumped)";
  if (exit.oom_killed) text += " (out of memory)";
  return text;
}

bool needs_service(Phase before, const core::InstanceState& state) {
  return start_failed(before, state) || state.stop_timed_out;
}

std::string phase_words(std::string_view instance, Phase before, const core::InstanceState& state,
                        Instant now, const model::Service* service) {
  std::string name(instance);
  switch (state.phase) {
    case Phase::starting:
      return before == Phase::preparing ? name + " started, pid " + std::to_string(state.pid) : "";
    case Phase::running:
      if (before == Phase::preparing) return name + " started, pid " + std::to_string(state.pid);
      return before == Phase::starting ? name + " is ready" : "";
    case Phase::waiting:
    case Phase::preparing:
      if (!had_process(before) || was_asked_for(state.reason)) return "";
      return name + " " + run_words(state) + ", restarting now";
    case Phase::backoff: return backoff_words(name, before, state, now, service);
    case Phase::failed: return failed_words(std::move(name), before, state, service);
    case Phase::done: return name + " is done: " + end_words(state.last_exit);
    case Phase::stopped:
      if (!had_process(before)) return "";
      if (!state.stop_timed_out) return name + " stopped";
      if (was_killed(state.last_exit)) return name + " stopped: killed, it " + late_words(service);
      return name + " stopped: what it left behind " + late_words(service) + " and was killed";
    case Phase::stopping:
      return state.stop_stage == core::StopStage::escalated ? name + " does not stop, killing it"
                                                            : "";
    case Phase::cleaning:
      if (!state.restart_after_stop || !state.stop_timed_out) return "";
      return name + " was killed, it " + late_words(service);
  }
  __builtin_unreachable();
}

}  // namespace stayd::runtime
