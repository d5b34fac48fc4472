// SPDX-License-Identifier: Apache-2.0
// The life of one run, from its number to its release.
#include "base/check.h"
#include "core/stepper.h"

namespace stayd::core {

namespace {

bool explains_waiting(Reason reason) {
  return reason == Reason::requirement_waiting || reason == Reason::conflict ||
         reason == Reason::start_slots;
}

}  // namespace

void Stepper::begin_start(InstanceId id) {
  InstanceState& instance = edit(id);
  if (explains_waiting(instance.reason)) set_reason(id, instance.want_reason, instance.want_cause);
  instance.ready_at = {};
  if (rules(id).type == model::ServiceType::group) {
    instance.ready_at = now_;
    set_reason(id, Reason::became_ready, no_instance);
    return set_phase(id, Phase::running);
  }
  instance.run = RunId{state_.supervisor_.next_run++};
  instance.run_started = now_;
  instance.pid = 0;
  instance.terminal_stopped = false;
  instance.start_timed_out = false;
  instance.stop_timed_out = false;
  set_phase(id, Phase::preparing);
  give(ActionKind::spawn, id);
}

void Stepper::spawned(InstanceId id, const Event& event) {
  if (at(id).phase != Phase::preparing) return;
  InstanceState& instance = edit(id);
  instance.pid = event.pid;
  instance.run_started = now_;
  instance.spawn_retries = 0;
  instance.last_failure = {};
  set_phase(id, Phase::starting);
  enqueue(id);
  const Rules& r = rules(id);
  if (!r.has_probe) return became_ready(id);
  give(ActionKind::watch_ready, id);
  if (r.ready_timeout.ns > 0) set_deadline(id, now_ + r.ready_timeout);
}

void Stepper::became_ready(InstanceId id) {
  if (at(id).phase != Phase::starting) return;
  edit(id).ready_at = now_;
  set_deadline(id, Instant::never());
  set_reason(id, Reason::became_ready, no_instance);
  set_phase(id, Phase::running);
}

void Stepper::main_exited(InstanceId id, const Event& event) {
  const Phase phase = at(id).phase;
  const bool by_itself =
      phase == Phase::preparing || phase == Phase::starting || phase == Phase::running;
  if (!by_itself && phase != Phase::stopping) return;
  note_exit(id, event);
  InstanceState& instance = edit(id);
  if (by_itself) {
    instance.stop_stage = StopStage::asked;
    set_deadline(id, now_ + rules(id).stop_timeout);
    const bool killed =
        instance.reason == Reason::operator_kill && instance.last_exit.kind == ExitKind::signal;
    if (!killed) set_reason(id, Reason::exited, no_instance);
  }
  set_phase(id, Phase::cleaning);
  give(ActionKind::await_empty, id);
  if (instance.stop_stage != StopStage::escalated) give(ActionKind::terminate_rest, id);
  enqueue(id);
}

void Stepper::emptied(InstanceId id, const Event& event) {
  const Phase phase = at(id).phase;
  if (!is_alive(phase) || rules(id).type == model::ServiceType::group) return;
  if (phase != Phase::cleaning) {
    // Found empty without an exit status: only after a take-over.
    note_exit(id, event);
    set_reason(id, Reason::exited, no_instance);
  }
  end_run(id);
}

void Stepper::note_exit(InstanceId id, const Event& event) {
  if (at(id).phase == Phase::starting && rules(id).has_probe) give(ActionKind::unwatch_ready, id);
  InstanceState& instance = edit(id);
  instance.last_exit = event.exit;
  if (instance.last_exit.kind == ExitKind::none || event.kind == EventKind::emptied)
    instance.last_exit.kind = ExitKind::unknown;
  instance.last_exit.run = instance.run;
  instance.last_exit.at = event.wall;
  instance.last_exit.ran_for = now_ - instance.run_started;
  instance.pid = 0;
  instance.terminal_stopped = false;
}

/// Only counted: whether anything is left is for `emptied` to say.
void Stepper::orphan_reaped(InstanceId id) {
  if (index_of(id) < catalog_.instance_count()) {
    ++edit(id).orphans;
  } else {
    ++state_.supervisor_.orphans;
  }
}

/// Nothing of the run is left.
void Stepper::end_run(InstanceId id) {
  give(ActionKind::release, id);
  InstanceState& instance = edit(id);
  instance.stop_stage = StopStage::none;
  instance.kills = 0;
  set_deadline(id, Instant::never());
  if (instance.want == Want::down) {
    end_down(id);
  } else if (instance.restart_after_stop) {
    start_again(id);
  } else {
    after_end(id);
  }
}

/// The second half of a restart that was asked for.
void Stepper::start_again(InstanceId id) {
  InstanceState& instance = edit(id);
  instance.restart_after_stop = false;
  const Request request{instance.want_reason, instance.want_cause, instance.operator_uid,
                        instance.operator_pid};
  start_anew(id, request);
}

}  // namespace stayd::core
