// SPDX-License-Identifier: Apache-2.0
#include "core/stepper.h"

namespace stayd::core {

namespace {

bool by_operator(Reason reason) {
  return reason == Reason::operator_start || reason == Reason::operator_restart;
}

}  // namespace

void Stepper::set_want(InstanceId id, Want want, const Request& request) {
  InstanceState& instance = edit(id);
  instance.want = want;
  instance.want_reason = request.reason;
  instance.want_cause = request.cause;
  instance.operator_uid = request.operator_uid;
  instance.operator_pid = request.operator_pid;
  recount(id);
  enqueue(id);
}

void Stepper::want_up(InstanceId id, const Request& request) {
  if (state_.supervisor_.shutting_down) return;
  const InstanceState& instance = at(id);
  const bool asked = by_operator(request.reason);
  const bool was_down = instance.want == Want::down;
  if (asked && !instance.started_by_operator) {
    edit(id).started_by_operator = true;
    recount(id);
  }
  switch (instance.phase) {
    case Phase::stopped:
    case Phase::failed:
    case Phase::done: return start_anew(id, request);
    case Phase::backoff:
      if (asked || was_down) start_anew(id, request);
      return;
    case Phase::waiting:
    case Phase::preparing:
    case Phase::starting:
    case Phase::running:
      if (!was_down) return;
      request_pull(id);
      return set_want(id, Want::up, request);
    case Phase::stopping:
    case Phase::cleaning:
      if (!was_down && !asked) return;
      edit(id).restart_after_stop = true;
      return set_want(id, Want::up, request);
  }
}

/// From no process at all, with a clean slate for restarts.
void Stepper::start_anew(InstanceId id, const Request& request) {
  InstanceState& instance = edit(id);
  instance.restarts = 0;
  instance.unhealthy = 0;
  instance.recent = {};
  instance.orphans = 0;
  instance.spawn_retries = 0;
  request_pull(id);
  set_deadline(id, Instant::never());
  set_reason(id, request.reason, request.cause);
  set_phase(id, Phase::waiting);
  set_want(id, Want::up, request);
}

void Stepper::want_down(InstanceId id, const Request& request) {
  const InstanceState& instance = at(id);
  switch (instance.phase) {
    case Phase::stopped:  // nothing to stop, but it is not to come back
      if (request.reason != Reason::operator_stop || !went_with_requirement(instance)) return;
      set_want(id, Want::down, request);
      return set_reason(id, request.reason, no_instance);
    case Phase::done: return;
    case Phase::failed:
      if (request.reason != Reason::operator_stop) return;
      set_want(id, Want::down, request);
      return end_down(id);
    case Phase::waiting:
    case Phase::preparing:
    case Phase::starting:
    case Phase::running:
    case Phase::stopping:
    case Phase::cleaning:
    case Phase::backoff: break;
  }
  if (instance.restart_after_stop) edit(id).restart_after_stop = false;
  set_want(id, Want::down, request);
  if (is_alive(instance.phase) && instance.stop_stage != StopStage::none)
    set_reason(id, request.reason, request.cause);
}

/// A restart is a stop with the want left up. What is not there is started.
void Stepper::restart(InstanceId id, const Request& request) {
  if (state_.supervisor_.shutting_down) return;
  note_change(catalog_.service_of(id), restarted);
  if (!is_alive(at(id).phase)) return want_up(id, request);
  InstanceState& instance = edit(id);
  if (request.reason == Reason::operator_restart) instance.started_by_operator = true;
  instance.restart_after_stop = true;
  set_want(id, Want::up, request);
}

void Stepper::reload(InstanceId id) {
  const InstanceState& instance = at(id);
  const bool up = instance.phase == Phase::starting || instance.phase == Phase::running;
  const Rules& r = rules(id);
  if (!up || r.type == model::ServiceType::group) return;
  if (r.has_reload_command) return give(ActionKind::reload_command, id);
  if (r.reload_signal == 0) return;
  give(ActionKind::signal, id);
  outcome_.actions.back().signal = r.reload_signal;
  outcome_.actions.back().whom = model::StopTo::main;
}

/// Only the signal is sent. What comes of it is a fact of its own.
void Stepper::operator_kill(InstanceId id, const Event& event) {
  const InstanceState& old = at(id);
  const bool there = old.phase == Phase::starting || old.phase == Phase::running ||
                     old.phase == Phase::stopping || old.phase == Phase::cleaning;
  if (!there || rules(id).type == model::ServiceType::group) return;
  InstanceState& instance = edit(id);
  instance.operator_uid = event.operator_uid;
  instance.operator_pid = event.operator_pid;
  set_reason(id, Reason::operator_kill, no_instance);
  give(ActionKind::signal, id);
  outcome_.actions.back().signal = event.signal;
  outcome_.actions.back().whom = event.whom;
}

}  // namespace stayd::core
