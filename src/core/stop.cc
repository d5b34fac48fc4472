// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/stepper.h"

namespace stayd::core {

namespace {
constexpr std::int32_t continue_signal = 18;  // SIGCONT, signal(7): x86, ARM, most others
}

void Stepper::begin_stop(InstanceId id) {
  InstanceState& instance = edit(id);
  const Rules& r = rules(id);
  if (r.type == model::ServiceType::group)
    return instance.want == Want::down ? end_down(id) : start_again(id);
  if (instance.phase == Phase::starting && r.has_probe) give(ActionKind::unwatch_ready, id);
  if (instance.start_timed_out) {
    set_reason(id, Reason::ready_timeout, no_instance);
  } else {
    set_reason(id, instance.want_reason, instance.want_cause);
  }
  instance.stop_stage = StopStage::asked;
  instance.kills = 0;
  set_phase(id, Phase::stopping);
  if (shutdown_now() || r.stop_timeout.ns <= 0) return escalate(id);
  set_deadline(id, now_ + r.stop_timeout);
  ask_to_stop(id);
}

void Stepper::ask_to_stop(InstanceId id) {
  const Rules& r = rules(id);
  if (r.has_stop_command) {
    give(ActionKind::stop_command, id);
  } else {
    give(ActionKind::signal, id);
    outcome_.actions.back().signal = r.stop_signal;
    outcome_.actions.back().whom = r.stop_to;
  }
  if (!at(id).terminal_stopped) return;
  give(ActionKind::signal, id);
  outcome_.actions.back().signal = continue_signal;
  outcome_.actions.back().whom = model::StopTo::group;
}

/// Kills everything of the run, and again, at growing distances, until it is said to be empty.
void Stepper::escalate(InstanceId id) {
  InstanceState& instance = edit(id);
  instance.stop_stage = StopStage::escalated;
  const std::int64_t wait = std::min<std::int64_t>(5000, 100ll << std::min<int>(instance.kills, 6));
  if (instance.kills < 255) ++instance.kills;
  set_deadline(id, now_ + milliseconds(wait));
  give(ActionKind::kill, id);
}

/// Nothing is there and nothing is wanted.
void Stepper::end_down(InstanceId id) {
  InstanceState& instance = edit(id);
  instance.restart_after_stop = false;

  if (instance.want_reason == Reason::requirement_failed)
    return end_for_good(id, Phase::failed, Reason::requirement_failed);
  set_deadline(id, Instant::never());
  set_reason(id, instance.want_reason, instance.want_cause);
  set_phase(id, Phase::stopped);
}

/// A stop command that failed is followed by the stop signal. What a reload command came to is for
/// the log.
void Stepper::command_ended(InstanceId id, const Event& event) {
  const InstanceState& instance = at(id);
  const Rules& r = rules(id);
  if (instance.phase != Phase::stopping || instance.stop_stage != StopStage::asked) return;
  if (!r.has_stop_command) return;
  if (event.exit.kind == ExitKind::code && event.exit.value == 0) return;
  give(ActionKind::signal, id);
  outcome_.actions.back().signal = r.stop_signal;
  outcome_.actions.back().whom = r.stop_to;
}

void Stepper::main_stopped(InstanceId id, bool stopped) {
  const InstanceState& old = at(id);
  const bool there =
      old.phase == Phase::starting || old.phase == Phase::running || old.phase == Phase::stopping;
  if (!there || old.terminal_stopped == stopped) return;
  edit(id).terminal_stopped = stopped;
  if (!stopped || old.phase != Phase::stopping || old.stop_stage != StopStage::asked) return;
  give(ActionKind::signal, id);
  outcome_.actions.back().signal = continue_signal;
  outcome_.actions.back().whom = model::StopTo::group;
}

}  // namespace stayd::core
