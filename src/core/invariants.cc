// SPDX-License-Identifier: Apache-2.0
#include "core/invariants.h"

#include <algorithm>

#include "core/stepper.h"

namespace stayd::core {

struct Inspector {
  static const Derived& derived(const State& state) { return state.derived_; }
};

namespace {

bool is_one_of(Phase phase, std::initializer_list<Phase> phases) {
  return std::ranges::find(phases, phase) != phases.end();
}

Instant phase_deadline(const InstanceState& instance) {
  return instance.deadlines[static_cast<std::size_t>(DeadlineKind::phase)];
}

const char* broken_want(const InstanceState& instance) {
  const bool up = instance.want == Want::up;
  switch (instance.phase) {
    case Phase::stopped: return up ? "stopped but wanted up" : nullptr;
    case Phase::waiting: return up ? nullptr : "waiting but not wanted";
    case Phase::backoff: return up ? nullptr : "in backoff but not wanted";
    case Phase::preparing:
    case Phase::starting:
    case Phase::running:
    case Phase::stopping:
    case Phase::cleaning:
      return instance.restart_after_stop && !up ? "restarts but is not wanted" : nullptr;
    case Phase::failed:
      if (!up && instance.reason != Reason::requirement_failed)
        return "failed by itself but not wanted";
      return nullptr;
    case Phase::done: return up ? nullptr : "done but not wanted";
  }
  return "no such phase";
}

const char* broken_process(const InstanceState& instance, bool group) {
  const Phase phase = instance.phase;
  const bool has_main =
      is_one_of(phase, {Phase::starting, Phase::running, Phase::stopping}) && !group;
  if (has_main != (instance.pid != 0)) return "a pid without a main process, or the other way";
  if (instance.terminal_stopped && !has_main) return "suspended without a process";
  if (group && !is_one_of(phase, {Phase::stopped, Phase::waiting, Phase::running, Phase::failed}))
    return "a group in a phase of processes";
  if (is_alive(phase) && !group && instance.run == no_run) return "alive without a run";
  if (phase == Phase::running && instance.ready_at == Instant{}) return "running but never ready";
  if (phase == Phase::starting && instance.ready_at != Instant{}) return "starting but ready";
  return nullptr;
}

const char* broken_stop(const InstanceState& instance) {
  const bool going = is_one_of(instance.phase, {Phase::stopping, Phase::cleaning});
  if (going == (instance.stop_stage == StopStage::none)) return "stop stage does not fit the phase";
  if (going && phase_deadline(instance) == Instant::never())
    return "a stop that never comes to an end";
  if (instance.phase == Phase::backoff && phase_deadline(instance) == Instant::never())
    return "backoff without an end";
  if (is_one_of(instance.phase, {Phase::stopped, Phase::waiting, Phase::preparing, Phase::running,
                                 Phase::failed, Phase::done}) &&
      phase_deadline(instance) != Instant::never())
    return "a deadline in a phase without one";
  if (instance.restart_after_stop && !is_alive(instance.phase)) return "restarts what is not there";
  if (instance.stop_timed_out &&
      is_one_of(instance.phase, {Phase::preparing, Phase::starting, Phase::running}))
    return "a new run that is told to have outlived its stop";
  if (instance.start_timed_out &&
      is_one_of(instance.phase, {Phase::preparing, Phase::starting, Phase::running}))
    return "a new run that is told not to have been ready in time";
  return nullptr;
}

std::string name_of(std::uint32_t index, const char* broken) {
  return "instance " + std::to_string(index) + ": " + broken;
}

/// A relation between services that settle must have brought about.
const char* broken_relation(const State& state, const Catalog& catalog, InstanceId id) {
  const InstanceState& instance = state.at(id);
  const Derived& derived = Inspector::derived(state);
  const ServiceId service = catalog.service_of(id);
  const bool held = derived.services[index_of(service)].holders != 0;
  const bool must_go = instance.want == Want::down || instance.restart_after_stop;
  const bool up = is_one_of(instance.phase, {Phase::starting, Phase::running});
  if (up && must_go && !held) return "nothing keeps it, but it has not been stopped";
  if (up && must_go && state.supervisor().shutdown_now)
    return "kept in a shutdown without patience";
  if (derived.marks[index_of(id)].queued) return "left unsettled";
  return nullptr;
}

std::string broken_counts(const State& state, const Catalog& catalog) {
  State fresh(catalog);
  fresh.restore(state.supervisor(), state.instances(), catalog);
  const Derived& kept = Inspector::derived(state);
  const Derived& counted = Inspector::derived(fresh);
  if (kept.totals != counted.totals) return "totals do not match the instances";
  for (std::size_t i = 0; i < kept.services.size(); ++i) {
    if (kept.services[i].of != counted.services[i].of)
      return "counts of service " + std::to_string(i) + " do not match its instances";
    if (kept.services[i].holders != counted.services[i].holders)
      return "holders of service " + std::to_string(i) + " do not match its dependents";
    if (kept.services[i].changes != 0)
      return "changes of service " + std::to_string(i) + " were not passed on";
  }
  if (state.next_deadline() != fresh.next_deadline()) return "the earliest deadline is not known";
  return {};
}

}  // namespace

const char* broken_invariant(const State& state, const Catalog& catalog, InstanceId id) {
  const InstanceState& instance = state.at(id);
  const bool group = catalog.rules(catalog.service_of(id)).type == model::ServiceType::group;
  if (const char* broken = broken_want(instance)) return broken;
  if (const char* broken = broken_process(instance, group)) return broken;
  if (const char* broken = broken_stop(instance)) return broken;
  if (number_of(instance.run) >= state.supervisor().next_run) return "a run of the future";
  if (state.supervisor().shutting_down && instance.want == Want::up &&
      !is_one_of(instance.phase, {Phase::failed, Phase::done}))
    return "wanted up in a shutdown";
  return broken_relation(state, catalog, id);
}

std::string broken_invariant(const State& state, const Catalog& catalog) {
  for (std::uint32_t i = 0; i < catalog.instance_count(); ++i)
    if (const char* broken = broken_invariant(state, catalog, InstanceId{i}))
      return name_of(i, broken);
  const std::uint32_t slots = catalog.max_parallel_starts();
  const Derived& derived = Inspector::derived(state);
  if (slots != 0 && derived.total(Trait::slot) > slots) return "more starts than start slots";
  const bool leaving = state.supervisor().leaving;
  if (leaving && derived.total(Trait::alive) != 0) return "leaves with something alive";
  if (!leaving && state.supervisor().shutting_down && derived.total(Trait::alive) == 0)
    return "nothing is left, but the supervisor does not leave";
  return broken_counts(state, catalog);
}

const char* broken_action(const State& state, const Catalog& catalog,
                          std::span<const Action> actions) {
  for (const Action& action : actions) {
    if (action.kind == ActionKind::leave) {
      if (&action != &actions.back()) return "something follows leave";
      continue;
    }
    if (index_of(action.instance) >= catalog.instance_count()) return "an action for nobody";
    const InstanceState& instance = state.at(action.instance);
    switch (action.kind) {
      case ActionKind::spawn:
        if (instance.phase != Phase::preparing || instance.run != action.run)
          return "a spawn that is not prepared";
        break;
      case ActionKind::watch_ready:
        if (instance.run != action.run) return "watches another run";
        break;
      case ActionKind::signal:
      case ActionKind::stop_command:
      case ActionKind::reload_command:
      case ActionKind::kill:
      case ActionKind::await_empty:
      case ActionKind::terminate_rest:
        if (instance.run != action.run || !is_alive(instance.phase)) return "aims at no process";
        break;
      case ActionKind::announce:
        if (instance.phase == action.before) return "announces nothing";
        break;
      case ActionKind::unwatch_ready:
      case ActionKind::release:
      case ActionKind::leave: break;
    }
  }
  return nullptr;
}

}  // namespace stayd::core
