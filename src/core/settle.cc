// SPDX-License-Identifier: Apache-2.0
#include "core/stepper.h"

namespace stayd::core {

/// Derives what to do from the state alone. Called for every instance that an event touched or
/// whose neighbours changed; calling it once more changes nothing.
void Stepper::settle(InstanceId id) {
  switch (at(id).phase) {
    case Phase::stopped:
    case Phase::failed:
    case Phase::done:
    case Phase::preparing:  // its outcome comes as an event
      return;
    case Phase::waiting: return settle_waiting(id);
    case Phase::backoff:
      if (at(id).want == Want::down) end_down(id);
      return;
    case Phase::starting:
    case Phase::running: return settle_up(id);
    case Phase::stopping:
    case Phase::cleaning: return settle_going(id);
  }
}

void Stepper::settle_waiting(InstanceId id) {
  if (!may_start(id)) return;
  if (rules(id).type == model::ServiceType::group) return begin_start(id);
  Mark& m = mark(id);
  if (m.in_starts) return;
  Derived& derived = state_.derived_;
  const std::uint32_t slots = catalog_.max_parallel_starts();
  if (slots != 0 && derived.total(Trait::slot) + derived.starts.size() >= slots)
    set_reason(id, Reason::start_slots, no_instance);
  derived.starts.push(id);
  m.in_starts = true;
}

/// Of one that waits: nothing but a start slot is missing. Otherwise it goes on waiting, or ends.
bool Stepper::may_start(InstanceId id) {
  if (at(id).want == Want::down) {
    end_down(id);
    return false;
  }
  Request blocker;
  switch (look_for_blocker(id, blocker)) {
    case Verdict::met: return true;
    case Verdict::waiting: set_reason(id, blocker.reason, blocker.cause); return false;
    case Verdict::failed:
      want_down(id, blocker);
      end_down(id);
      return false;
  }
  return false;
}

/// Starting or running: stays, or goes as soon as those have gone that depend on it.
void Stepper::settle_up(InstanceId id) {
  const InstanceState& instance = at(id);
  if (instance.want == Want::up && !instance.restart_after_stop) return;
  const bool held = counts(catalog_.service_of(id)).holders != 0;
  if (!held || shutdown_now()) begin_stop(id);
}

void Stepper::settle_going(InstanceId id) {
  if (shutdown_now() && at(id).stop_stage != StopStage::escalated) escalate(id);
}

void Stepper::on_phase_deadline(InstanceId id) {
  switch (at(id).phase) {
    case Phase::stopped:
    case Phase::waiting:
    case Phase::preparing:
    case Phase::running:
    case Phase::failed:
    case Phase::done: return;  // these have no deadline
    case Phase::starting: edit(id).start_timed_out = true; return begin_stop(id);
    case Phase::stopping:
    case Phase::cleaning:
      if (at(id).stop_stage == StopStage::asked) {
        set_reason(id, Reason::stop_escalated, no_instance);
        edit(id).stop_timed_out = true;
      }
      return escalate(id);
    case Phase::backoff: set_phase(id, Phase::waiting); return enqueue(id);
  }
}

}  // namespace stayd::core
