// SPDX-License-Identifier: Apache-2.0
#include "core/step.h"

#include <algorithm>

#include "base/check.h"
#include "core/stepper.h"

namespace stayd::core {

State::State(const Catalog& catalog) {
  const std::vector<InstanceState> stopped(catalog.instance_count());
  restore(SupervisorState{}, stopped, catalog);
}

void State::restore(const SupervisorState& supervisor, std::span<const InstanceState> instances,
                    const Catalog& catalog) {
  ENSURE(instances.size() == catalog.instance_count());
  supervisor_ = supervisor;
  instances_.assign(instances.begin(), instances.end());
  Outcome unused;
  Stepper(*this, catalog, Instant{}, unused).rebuild();
}

const InstanceState& State::at(InstanceId id) const { return instances_[index_of(id)]; }
std::span<const InstanceState> State::instances() const { return instances_; }
const SupervisorState& State::supervisor() const { return supervisor_; }
void State::seed(std::uint64_t random) { supervisor_.random = random; }
void State::number_runs_behind(RunId run) { supervisor_.next_run = number_of(run) + 1; }

Instant State::next_deadline() const {
  return std::min(derived_.deadlines.earliest(), supervisor_.shutdown_deadline);
}

void step(State& state, const Catalog& catalog, const Event& event, Instant now, Outcome& outcome) {
  Stepper(state, catalog, now, outcome).apply(event);
}

void Stepper::rebuild() {
  Derived& derived = state_.derived_;
  derived.marks.assign(catalog_.instance_count(), Mark{});
  derived.services.assign(catalog_.service_count(), ServiceCounts{});
  derived.totals = {};
  derived.pulls.clear();
  derived.work.clear();
  derived.changed.clear();
  derived.starts.clear();
  derived.deadlines.reset(catalog_.instance_count());
  for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i) {
    const InstanceId id{i};
    const InstanceState& instance = at(id);
    recount(id);
    mark(id).inherited = true;
    derived.deadlines.set(id, std::ranges::min(instance.deadlines));
    // The ledger is written slot by slot: a slot may be newer than the supervisor's own record.
    state_.supervisor_.next_run =
        std::max(state_.supervisor_.next_run, number_of(instance.run) + 1);
  }
  // What counting found changed is not news; `resumed` looks at everything.
  for (ServiceCounts& counts : derived.services) counts.changes = 0;
  derived.changed.clear();
  derived.work.clear();
  for (Mark& m : derived.marks) m.queued = false;
}

void Stepper::apply(const Event& event) {
  wall_ = event.wall;
  if (!state_.supervisor_.leaving) {
    record(event);
    drain();
  }
  announce();
  check_leave();
  if (event.kind == EventKind::resumed && state_.supervisor_.leaving &&
      (outcome_.actions.empty() || outcome_.actions.back().kind != ActionKind::leave))
    give(ActionKind::leave, no_instance);
}

void Stepper::record(const Event& event) {
  const InstanceId id = event.instance;
  const Request request{Reason::none, no_instance, event.operator_uid, event.operator_pid};
  const auto with = [&](Reason reason) {
    Request r = request;
    r.reason = reason;
    return r;
  };
  switch (event.kind) {
    case EventKind::boot:
      for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i)
        if (rules(InstanceId{i}).enabled) want_up(InstanceId{i}, with(Reason::boot));
      return;
    case EventKind::shutdown: return shutdown_event(event);
    case EventKind::tick: return tick();
    case EventKind::resumed: return resume();
    case EventKind::operator_start:
      if (index_of(id) < catalog_.instance_count()) want_up(id, with(Reason::operator_start));
      return;
    case EventKind::operator_stop:
      if (index_of(id) < catalog_.instance_count()) want_down(id, with(Reason::operator_stop));
      return;
    case EventKind::operator_restart:
      if (index_of(id) < catalog_.instance_count()) restart(id, with(Reason::operator_restart));
      return;
    case EventKind::operator_reload:
      if (index_of(id) < catalog_.instance_count()) reload(id);
      return;
    case EventKind::operator_kill:
      if (index_of(id) < catalog_.instance_count()) operator_kill(id, event);
      return;
    case EventKind::orphan_reaped: return orphan_reaped(id);
    case EventKind::spawned:
    case EventKind::spawn_failed:
    case EventKind::became_ready:
    case EventKind::main_exited:
    case EventKind::emptied:
    case EventKind::main_stopped:
    case EventKind::main_continued:
    case EventKind::command_ended: return record_of_run(event);
  }
}

/// Facts about a run: of another run than the current one they are stale. Whether the phase admits
/// them is for each to see.
void Stepper::record_of_run(const Event& event) {
  const InstanceId id = event.instance;
  if (index_of(id) >= catalog_.instance_count() || event.run == no_run) return;
  if (at(id).run != event.run) return;
  switch (event.kind) {
    case EventKind::spawned: return spawned(id, event);
    case EventKind::spawn_failed: return spawn_failed(id, event);
    case EventKind::became_ready: return became_ready(id);
    case EventKind::main_exited: return main_exited(id, event);
    case EventKind::emptied: return emptied(id, event);
    case EventKind::main_stopped: return main_stopped(id, true);
    case EventKind::main_continued: return main_stopped(id, false);
    case EventKind::command_ended: return command_ended(id, event);
    case EventKind::boot:
    case EventKind::operator_start:
    case EventKind::operator_stop:
    case EventKind::operator_restart:
    case EventKind::operator_reload:
    case EventKind::operator_kill:
    case EventKind::orphan_reaped:
    case EventKind::shutdown:
    case EventKind::tick:
    case EventKind::resumed: return;  // not about a run
  }
}

/// First whoever is pulled in, then the neighbours, so that all wants are known before anything is
/// settled; starts come last, so that nothing is started which the same step finds to be unwanted.
void Stepper::drain() {
  Derived& derived = state_.derived_;
  const std::uint32_t slots = catalog_.max_parallel_starts();
  for (;;) {
    if (!derived.pulls.empty()) {
      const InstanceId id = derived.pulls.pop();
      mark(id).pull = false;
      if (at(id).want == Want::up) pull(id);
    } else if (!derived.changed.empty()) {
      pass_on(derived.changed.pop());
    } else if (!derived.work.empty()) {
      const InstanceId id = derived.work.pop();
      mark(id).queued = false;
      settle(id);
    } else if (all_done()) {
      begin_shutdown(all_done_status());
    } else if (!derived.starts.empty() && (slots == 0 || derived.total(Trait::slot) < slots)) {
      const InstanceId id = derived.starts.pop();
      mark(id).in_starts = false;
      if (at(id).phase == Phase::waiting && may_start(id)) begin_start(id);
    } else {
      return;
    }
  }
}

void Stepper::tick() {
  DeadlineHeap& heap = state_.derived_.deadlines;
  while (heap.earliest() <= now_) {
    const InstanceId id = heap.earliest_instance();
    InstanceState& instance = edit(id);
    const bool phase_due =
        instance.deadlines[static_cast<std::size_t>(DeadlineKind::phase)] <= now_;
    for (Instant& deadline : instance.deadlines)
      if (deadline <= now_) deadline = Instant::never();
    heap.set(id, std::ranges::min(instance.deadlines));
    if (phase_due) on_phase_deadline(id);
  }
  if (state_.supervisor_.shutdown_deadline <= now_) shutdown_at_once();
}

/// After a take-over the last actions before it may not have been carried out: what asks for an
/// answer is asked again, and every relation is looked at anew. What a fact has moved since then
/// has been given its actions.
void Stepper::resume() {
  for (std::uint32_t i = 0; i < catalog_.service_count(); ++i)
    note_change(ServiceId{i}, verdict_changed);
  // The ledger is written slot by slot: a shutdown may not have reached every slot.
  if (state_.supervisor_.shutting_down)
    for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i)
      if (at(InstanceId{i}).want == Want::up) want_down(InstanceId{i}, {Reason::shutdown});
  for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i) finish_start(InstanceId{i});
  for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i) resume_instance(InstanceId{i});
}

/// Nor may the start of everything, or one that pulls others in: those were never touched.
void Stepper::finish_start(InstanceId id) {
  const auto is_untouched = [&](InstanceId other) {
    return at(other).phase == Phase::stopped && at(other).reason == Reason::none;
  };
  if (rules(id).enabled && is_untouched(id)) want_up(id, {Reason::boot});
  if (at(id).phase != Phase::waiting || at(id).want_reason == Reason::requirement_back) return;
  for (const Edge& edge : catalog_.dependencies(catalog_.service_of(id))) {
    if (!pulls(edge.kind)) continue;
    for_each_instance(edge.other, [&](InstanceId other) {
      if (is_untouched(other)) want_up(other, {Reason::needed_by, id});
    });
  }
}

void Stepper::resume_instance(InstanceId id) {
  const InstanceState& instance = at(id);
  enqueue(id);
  if (!mark(id).inherited) return;
  switch (instance.phase) {
    case Phase::stopped:
    case Phase::backoff:
    case Phase::failed:
    case Phase::done:
    case Phase::waiting:
    case Phase::running: break;
    case Phase::preparing:  // no fact about this run was found: it was never spawned
      give(ActionKind::release, id);
      set_phase(id, Phase::waiting);
      break;
    case Phase::starting:
      if (rules(id).has_probe) give(ActionKind::watch_ready, id);
      break;
    case Phase::stopping:
      if (instance.stop_stage == StopStage::escalated) {
        give(ActionKind::kill, id);
      } else {
        ask_to_stop(id);
      }
      break;
    case Phase::cleaning:
      give(ActionKind::await_empty, id);
      give(instance.stop_stage == StopStage::escalated ? ActionKind::kill
                                                       : ActionKind::terminate_rest,
           id);
      break;
  }
}

void Stepper::announce() {
  for (std::size_t i = first_touched_; i < outcome_.touched.size(); ++i) {
    const InstanceId id = outcome_.touched[i];
    Mark& m = mark(id);
    m.touched = false;
    if (at(id).phase == m.before) continue;
    give(ActionKind::announce, id);
    outcome_.actions.back().before = m.before;
  }
}

InstanceState& Stepper::edit(InstanceId id) {
  Mark& m = mark(id);
  InstanceState& instance = state_.instances_[index_of(id)];
  if (!m.touched) {
    m.touched = true;
    m.before = instance.phase;
    outcome_.touched.push_back(id);
  }
  return instance;
}

void Stepper::set_phase(InstanceId id, Phase phase) {
  InstanceState& instance = edit(id);
  mark(id).inherited = false;
  instance.phase = phase;
  instance.since = now_;
  instance.since_wall = wall_;
  recount(id);
}

void Stepper::set_reason(InstanceId id, Reason reason, InstanceId cause) {
  const InstanceState& old = at(id);
  if (old.reason == reason && old.cause == cause) return;
  InstanceState& instance = edit(id);
  instance.reason = reason;
  instance.cause = cause;
  recount(id);
}

void Stepper::set_deadline(InstanceId id, Instant when) {
  constexpr auto phase = static_cast<std::size_t>(DeadlineKind::phase);
  if (at(id).deadlines[phase] == when) return;
  InstanceState& instance = edit(id);
  instance.deadlines[phase] = when;
  state_.derived_.deadlines.set(id, std::ranges::min(instance.deadlines));
}

void Stepper::give(ActionKind kind, InstanceId id) {
  Action action;
  action.kind = kind;
  action.instance = id;
  if (id != no_instance) action.run = at(id).run;
  if (kind == ActionKind::leave) action.exit_status = state_.supervisor_.exit_status;
  outcome_.actions.push_back(action);
}

void Stepper::enqueue(InstanceId id) {
  Mark& m = mark(id);
  if (m.queued) return;
  m.queued = true;
  state_.derived_.work.push(id);
}

}  // namespace stayd::core
