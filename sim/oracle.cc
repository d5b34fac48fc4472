// SPDX-License-Identifier: Apache-2.0
#include "sim/oracle.h"

#include <algorithm>
#include <cmath>

namespace stayd::sim {

using core::ActionKind;
using core::is_alive;
using core::Phase;
using core::Want;
using model::EdgeKind;

namespace {

bool coming_up(Phase phase) { return phase == Phase::preparing || phase == Phase::starting; }

}  // namespace

const char* Oracle::judge(const core::State& state, const core::Event& event,
                          const core::Outcome& outcome, Instant now) {
  now_ = now;

  resumes_ = event.kind == core::EventKind::resumed;
  found_end_ = state.supervisor().shutting_down && !was_shutting_down_ &&
               event.kind != core::EventKind::shutdown;
  for (const core::Action& action : outcome.actions) {
    const char* broken = nullptr;
    if (action.kind == ActionKind::spawn) broken = judge_spawn(state, action.instance);
    const bool asks = action.kind == ActionKind::signal || action.kind == ActionKind::stop_command;
    if (asks && !resumes_) broken = judge_stop(state, action.instance);
    if (broken != nullptr) return broken;
  }
  for (const InstanceId id : outcome.touched)
    if (const char* broken = judge_limit(state, id)) return broken;
  was_shutting_down_ = state.supervisor().shutting_down;
  return nullptr;
}

const char* Oracle::judge_spawn(const core::State& state, InstanceId id) const {
  const core::InstanceState& instance = state.at(id);

  if (instance.want == Want::down) return "spawned though not wanted";
  if (state.supervisor().shutting_down) return "spawned in a shutdown";
  const ServiceId service = truth_.service_of(id);
  for (const core::Edge& edge : truth_.dependencies(service))
    if (const char* broken = judge_order(state, edge)) return broken;
  for (const core::Edge& edge : truth_.dependents(service)) {
    const auto is_there = [&](InstanceId other) { return is_alive(state.at(other).phase); };
    if (edge.kind == EdgeKind::conflicts && any_instance(edge.other, is_there))
      return "spawned beside one that it conflicts with";
  }
  const std::uint32_t slots = truth_.max_parallel_starts();
  if (slots != 0 && starting(state) > slots) return "more starts at a time than allowed";
  return judge_delay(instance, id);
}

/// At the moment of a spawn.
const char* Oracle::judge_order(const core::State& state, const core::Edge& edge) const {
  const bool started_is_enough = edge.condition == model::Condition::started;
  const auto meets = [&](InstanceId other) {
    if (state.at(other).phase == Phase::done) return true;
    if (edge.condition == model::Condition::done) return false;
    if (rules(other).type == model::ServiceType::group)
      return state.at(other).phase == Phase::running;
    return kernel_.run(other).told_up &&
           (started_is_enough || state.at(other).phase != Phase::starting);
  };
  const auto is_there = [&](InstanceId other) { return is_alive(state.at(other).phase); };
  const auto on_its_way = [&](InstanceId other) {
    const core::InstanceState& o = state.at(other);
    return o.want == Want::up && coming_up(o.phase) && !meets(other);
  };
  const auto failed = [&](InstanceId other) {
    const core::InstanceState& o = state.at(other);
    return o.phase != Phase::done && (o.want == Want::down || o.phase == Phase::failed);
  };
  switch (edge.kind) {
    case EdgeKind::requires_:
      if (!any_instance(edge.other, meets)) return "spawned without what it requires";
      break;
    case EdgeKind::wants:
    case EdgeKind::after:
      if (edge.condition == model::Condition::done && any_instance(edge.other, failed)) break;
      if (any_instance(edge.other, on_its_way)) return "spawned before what it comes after";
      break;
    case EdgeKind::conflicts:
      if (any_instance(edge.other, is_there)) return "spawned beside one that it conflicts with";
      break;
    case EdgeKind::part_of: break;
  }
  return nullptr;
}

/// Whoever depends on it and has to go as well goes first.
const char* Oracle::judge_stop(const core::State& state, InstanceId id) const {
  const core::InstanceState& instance = state.at(id);
  const bool ordered = instance.phase == Phase::stopping && instance.want == Want::down &&
                       !instance.start_timed_out && instance.since == now_ &&
                       instance.reason != core::Reason::operator_kill &&
                       !state.supervisor().shutdown_now;
  if (!ordered || found_end_) return nullptr;
  for (const core::Edge& edge : truth_.dependents(truth_.service_of(id))) {
    if (!core::orders(edge.kind)) continue;
    const auto has_to_go = [&](InstanceId other) {
      const core::InstanceState& o = state.at(other);
      return o.want == Want::down && is_alive(o.phase) && o.since < instance.since &&
             o.phase != Phase::running;
    };
    const auto was_up = [&](InstanceId other) {
      const core::InstanceState& o = state.at(other);
      return o.want == Want::down && o.phase == Phase::running;
    };
    if (any_instance(edge.other, was_up)) return "stopped before what depends on it";
    if (any_instance(edge.other, has_to_go)) return "stopped while what depends on it is stopping";
  }
  return nullptr;
}

/// Counts by the number of restarts, which a take-over may set back.
const char* Oracle::judge_limit(const core::State& state, InstanceId id) {
  const core::InstanceState& instance = state.at(id);
  const core::Rules& r = rules(id);
  Restarts& seen = restarts_[index_of(id)];
  const std::size_t lost = seen.count - std::min(seen.count, instance.restarts);
  seen.at.resize(seen.at.size() - std::min(seen.at.size(), lost));
  const bool more = instance.restarts > seen.count;
  for (; seen.count < instance.restarts; ++seen.count) seen.at.push_back(now_);
  seen.count = instance.restarts;
  if (r.limit == 0) return nullptr;
  // The core knows their times to the millisecond.
  constexpr Duration grain = milliseconds(1);
  std::erase_if(seen.at, [&](Instant at) { return now_ - at > r.limit_interval + grain; });
  if (!more && seen.at.size() < r.limit && given_up(instance))
    return "given up before its limit of restarts";
  std::size_t surely = 0;
  for (const Instant at : seen.at) surely += now_ - at < r.limit_interval - grain ? 1U : 0U;
  return more && surely > r.limit ? "restarted more often than its limit" : nullptr;
}

bool Oracle::given_up(const core::InstanceState& instance) const {
  return instance.phase == Phase::failed && instance.reason == core::Reason::restart_limit &&
         instance.since == now_;
}

const char* Oracle::judge_delay(const core::InstanceState& instance, InstanceId id) const {
  if (resumes_) return nullptr;  // a spawn that was under way is made again
  if (instance.unhealthy < 2 || instance.spawn_retries != 0) return nullptr;
  const core::Rules& r = rules(id);
  const double growth =
      std::pow(static_cast<double>(r.factor), static_cast<double>(instance.unhealthy - 2));
  const double most = static_cast<double>(r.max_delay.ns);
  const double least = std::min(static_cast<double>(r.delay.ns) * growth, most) *
                       (0.999 - static_cast<double>(r.jitter));
  const Duration waited = now_ - ended_[index_of(id)];
  return static_cast<double>(waited.ns) < least ? "restarted before its delay was over" : nullptr;
}

std::uint32_t Oracle::starting(const core::State& state) const {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < truth_.instance_count(); ++i)
    if (coming_up(state.at(InstanceId{i}).phase)) ++count;
  return count;
}

/// Whether it is down only for want of what is there.
bool Oracle::forgotten(const core::State& state, InstanceId id) const {
  if (!core::went_with_requirement(state.at(id))) return false;
  for (const core::Edge& edge : truth_.dependencies(truth_.service_of(id))) {
    if (edge.kind != EdgeKind::requires_) continue;
    const auto is = [&](Phase phase) {
      return [&, phase](InstanceId other) { return state.at(other).phase == phase; };
    };
    const auto is_not_done = [&](InstanceId other) { return state.at(other).phase != Phase::done; };
    const bool task = truth_.rules(edge.other).type == model::ServiceType::task;
    const bool there = any_instance(edge.other, is(Phase::running)) ||
                       (task && any_instance(edge.other, is(Phase::done)));
    const bool met =
        edge.condition == model::Condition::done ? !any_instance(edge.other, is_not_done) : there;
    if (!met) return false;
  }
  return true;
}

const char* Oracle::judge_rest(const core::State& state, InstanceId id) const {
  const core::InstanceState& instance = state.at(id);
  const bool group = rules(id).type == model::ServiceType::group;
  const Run& run = kernel_.run(id);
  switch (instance.phase) {
    case Phase::running:
      if (instance.want == Want::down) return "runs though not wanted";
      if (!group && !run.main_alive) return "said to run, but nothing does";
      return nullptr;
    case Phase::stopped:
    case Phase::failed:
    case Phase::done:
      if (instance.reason == core::Reason::none && rules(id).enabled)
        return "is enabled, but was never started";
      if (forgotten(state, id)) return "is down though what it requires is there";
      return run.released ? nullptr : "over, but its last run was not released";
    case Phase::waiting:
    case Phase::preparing:
    case Phase::starting:
    case Phase::stopping:
    case Phase::cleaning:
    case Phase::backoff: break;
  }
  return "has not come to rest";
}

}  // namespace stayd::sim
