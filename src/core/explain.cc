// SPDX-License-Identifier: Apache-2.0
#include "core/explain.h"

#include <algorithm>

#include "core/stepper.h"

namespace stayd::core {

namespace {

using model::Condition;
using model::EdgeKind;

constexpr Link no_link{};

/// Whether the condition keeps a dependent waiting because of this instance.
bool keeps_waiting(const InstanceState& instance, const Rules& rules, Condition condition) {
  if (instance.want == Want::down || instance.phase == Phase::failed) return false;
  if (instance.phase == Phase::done)
    return condition != Condition::done && rules.type != model::ServiceType::task;
  if (condition == Condition::done || instance.restart_after_stop) return true;
  if (instance.phase == Phase::running) return false;
  return condition == Condition::ready || instance.phase != Phase::starting;
}

template <typename F>
InstanceId find_instance(const State& state, const Catalog& catalog, ServiceId service, F&& fits) {
  const Rules& rules = catalog.rules(service);
  for (std::uint32_t i = 0; i < rules.replicas; ++i) {
    const InstanceId id{index_of(rules.first_instance) + i};
    if (fits(state.at(id))) return id;
  }
  return no_instance;
}

/// What a waiting instance waits for now: `cause` may have met its condition while another replica
/// of its service has not.
Link waits_for(const State& state, const Catalog& catalog, InstanceId id) {
  const ServiceId wanted_service = catalog.service_of(state.at(id).cause);
  for (const Edge& edge : catalog.dependencies(catalog.service_of(id))) {
    if (edge.other != wanted_service || !orders(edge.kind)) continue;
    const Rules& rules = catalog.rules(edge.other);
    const InstanceId found = find_instance(
        state, catalog, edge.other,
        [&](const InstanceState& other) { return keeps_waiting(other, rules, edge.condition); });
    if (found != no_instance) return {found, Reason::requirement_waiting, edge.condition};
  }
  return no_link;
}

/// Up, has to go, and is held by somebody that depends on it and has to go first.
Link held_by(const State& state, const Catalog& catalog, InstanceId id) {
  for (const Edge& edge : catalog.dependents(catalog.service_of(id))) {
    if (!orders(edge.kind)) continue;
    const InstanceId found =
        find_instance(state, catalog, edge.other, [](const InstanceState& other) {
          return is_alive(other.phase) && (other.want == Want::down || other.restart_after_stop);
        });
    if (found != no_instance) return {found, state.at(id).want_reason, edge.condition};
  }
  return no_link;
}

Condition condition_between(const Catalog& catalog, InstanceId from, InstanceId to) {
  for (const Edge& edge : catalog.dependencies(catalog.service_of(from)))
    if (edge.other == catalog.service_of(to) && edge.kind == EdgeKind::requires_)
      return edge.condition;
  return Condition::ready;
}

bool contains(const std::vector<Link>& chain, InstanceId id) {
  return std::ranges::any_of(chain, [&](const Link& link) { return link.instance == id; });
}

Link next_link(const State& state, const Catalog& catalog, const std::vector<Link>& chain) {
  const InstanceId id = chain.back().instance;
  const InstanceState& instance = state.at(id);
  const bool up = instance.phase == Phase::starting || instance.phase == Phase::running;
  if (up) {
    if (instance.want == Want::up && !instance.restart_after_stop) return no_link;
    const Link holder = held_by(state, catalog, id);
    // Asked about the holder itself: then why this one has to go is the question.
    if (holder.instance != no_instance && !contains(chain, holder.instance)) return holder;
  }
  const InstanceId cause = up ? instance.want_cause : instance.cause;
  const Reason reason = up ? instance.want_reason : instance.reason;
  if (cause == no_instance) return no_link;
  if (reason == Reason::requirement_waiting) return waits_for(state, catalog, id);
  return {cause, reason, condition_between(catalog, id, cause)};
}

}  // namespace

std::vector<Link> explain(const State& state, const Catalog& catalog, InstanceId instance) {
  std::vector<Link> chain{{instance, Reason::none, Condition::ready}};
  for (;;) {
    const Link next = next_link(state, catalog, chain);
    if (next.instance == no_instance || contains(chain, next.instance)) return chain;
    chain.push_back(next);
  }
}

}  // namespace stayd::core
