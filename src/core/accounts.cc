// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/check.h"
#include "core/stepper.h"

namespace stayd::core {

namespace {

bool counts_for_all_done(const InstanceState& instance, const Rules& rules) {
  return rules.type != model::ServiceType::group && (rules.enabled || instance.started_by_operator);
}

unsigned progress_traits(const InstanceState& instance, const Rules& rules) {
  const bool staying = instance.want == Want::up && !instance.restart_after_stop;
  unsigned traits = 0;
  switch (instance.phase) {
    case Phase::stopped:
    case Phase::preparing:
    case Phase::stopping:
    case Phase::cleaning:
    case Phase::backoff:
    case Phase::failed: break;
    case Phase::waiting: traits = bit(Trait::waiting); break;
    case Phase::starting:
      if (staying) traits = bit(Trait::started);
      break;
    case Phase::running:
      if (staying) traits = bit(Trait::started) | bit(Trait::ready);
      break;
    case Phase::done:
      traits = bit(Trait::done);
      if (rules.type == model::ServiceType::task) traits |= bit(Trait::started) | bit(Trait::ready);
      break;
  }
  return traits;
}

}  // namespace

Traits Stepper::traits_of(InstanceId id) const {
  const InstanceState& instance = at(id);
  const Rules& r = rules(id);
  const bool ended = instance.phase == Phase::failed || instance.phase == Phase::done;
  const bool down = instance.want == Want::down;
  const bool alive = is_alive(instance.phase);
  unsigned traits = progress_traits(instance, r);
  if (ended || down) traits |= bit(Trait::over);
  if (down) traits |= bit(Trait::down);
  if (alive) traits |= bit(Trait::alive);
  if (alive && (down || instance.restart_after_stop)) traits |= bit(Trait::leaving);
  if (instance.phase == Phase::preparing || instance.phase == Phase::starting)
    traits |= bit(Trait::slot);
  if (counts_for_all_done(instance, r)) {
    const bool untouched = instance.phase == Phase::stopped && instance.reason == Reason::none;
    if (ended) traits |= bit(Trait::finished);
    if (!ended && !untouched) traits |= bit(Trait::unfinished);
  }
  return static_cast<Traits>(traits);
}

Verdict Stepper::verdict(ServiceId service, model::Condition condition) const {
  const ServiceCounts& c = state_.derived_.services[index_of(service)];
  const Rules& r = catalog_.rules(service);
  const std::uint32_t over = c[Trait::over];
  const std::uint32_t done = c[Trait::done];
  if (condition == model::Condition::done) {
    if (done == r.replicas) return Verdict::met;
    return over > done ? Verdict::failed : Verdict::waiting;
  }
  // A done task is over and meets the condition; nothing else is both.
  const std::uint32_t lost = r.type == model::ServiceType::task ? over - done : over;
  const std::uint32_t met =
      condition == model::Condition::ready ? c[Trait::ready] : c[Trait::started];
  if (lost == r.replicas) return Verdict::failed;
  return met + lost == r.replicas ? Verdict::met : Verdict::waiting;
}

void Stepper::recount(InstanceId id) {
  Mark& m = mark(id);
  const Traits now = traits_of(id);
  const Traits gained = static_cast<Traits>(now & ~m.traits);
  const Traits lost = static_cast<Traits>(m.traits & ~now);
  if ((gained | lost) == 0) return;
  m.traits = now;
  count(catalog_.service_of(id), gained, lost);
}

void Stepper::count(ServiceId service, Traits gained, Traits lost) {
  using model::Condition;
  constexpr Condition conditions[] = {Condition::started, Condition::ready, Condition::done};
  ServiceCounts& c = counts(service);
  const ServiceCounts old = c;
  const Verdict before[] = {verdict(service, conditions[0]), verdict(service, conditions[1]),
                            verdict(service, conditions[2])};
  for (std::size_t i = 0; i < trait_count; ++i) {
    const std::uint32_t delta = ((gained >> i) & 1u) - ((lost >> i) & 1u);
    state_.derived_.totals[i] += delta;
    if (i < service_trait_count) c.of[i] += delta;
  }
  unsigned changes = 0;
  for (std::size_t i = 0; i < std::size(conditions); ++i) {
    const Verdict after = verdict(service, conditions[i]);
    if (after != before[i] && after != Verdict::waiting) changes |= verdict_changed;
  }
  const std::uint32_t replicas = catalog_.rules(service).replicas;
  if (c[Trait::down] == replicas && old[Trait::down] != replicas) changes |= all_down;
  if (c[Trait::alive] == 0 && old[Trait::alive] != 0) changes |= gone;
  note_change(service, changes);
  if (c[Trait::leaving] != 0 && old[Trait::leaving] == 0) hold_requirements(service, 1);
  if (c[Trait::leaving] == 0 && old[Trait::leaving] != 0) hold_requirements(service, -1);
}

void Stepper::note_change(ServiceId service, unsigned changes) {
  ServiceCounts& c = counts(service);
  if (c.changes == 0 && changes != 0) state_.derived_.changed.push(service);
  c.changes = static_cast<std::uint8_t>(c.changes | changes);
}

/// Somebody of `service` has to go (or is gone): what it depends on stops only after that.
void Stepper::hold_requirements(ServiceId service, std::int32_t by) {
  for (const Edge& edge : catalog_.dependencies(service)) {
    if (!orders(edge.kind)) continue;
    ServiceCounts& c = counts(edge.other);
    c.holders += static_cast<std::uint32_t>(by);
    if (c.holders == 0 && c[Trait::leaving] != 0) wake_leaving(edge.other);
  }
}

}  // namespace stayd::core
