// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/stepper.h"

namespace stayd::core {

namespace {
using model::Condition;
using model::EdgeKind;
}  // namespace

/// Tells the neighbours of `service` what has changed. A verdict that went back to "waiting" is
/// nobody's business: who runs stays up, who waits goes on waiting.
void Stepper::pass_on(ServiceId service) {
  const unsigned changes = std::exchange(counts(service).changes, std::uint8_t{0});
  for (const Edge& edge : catalog_.dependents(service)) {
    switch (edge.kind) {
      case EdgeKind::requires_:
      case EdgeKind::wants:
      case EdgeKind::after:
        if ((changes & verdict_changed) != 0) pass_on_verdict(service, edge);
        break;
      case EdgeKind::conflicts:
        if ((changes & gone) != 0) wake(edge.other, service);
        break;
      case EdgeKind::part_of:
        if ((changes & all_down) != 0) bring_down(edge.other, service, Reason::part_of);
        if ((changes & restarted) != 0) restart_parts(edge.other, service);
        break;
    }
  }
  if ((changes & gone) == 0) return;
  for (const Edge& edge : catalog_.dependencies(service))
    if (edge.kind == EdgeKind::conflicts) wake(edge.other, service);
}

void Stepper::pass_on_verdict(ServiceId service, const Edge& dependent) {
  switch (verdict(service, dependent.condition)) {
    case Verdict::waiting: return;
    case Verdict::failed:
      if (dependent.kind == EdgeKind::requires_)
        bring_down(dependent.other, service, Reason::requirement_failed);
      break;
    case Verdict::met:
      if (dependent.kind == EdgeKind::requires_) bring_back(dependent.other, service);
      break;
  }
  wake(dependent.other, service);
}

/// Those that went with a requirement come back as soon as all of them are there, or on their way.
/// They pull nobody: what they only want, somebody may have stopped.
void Stepper::bring_back(ServiceId dependent, ServiceId because_of) {
  if (counts(dependent)[Trait::down] == 0) return;
  for (const Edge& edge : catalog_.dependencies(dependent)) {
    const bool required = edge.kind == EdgeKind::requires_;
    if (required && verdict(edge.other, edge.condition) == Verdict::failed) return;
  }
  const Request request{Reason::requirement_back, catalog_.rules(because_of).first_instance};
  for_each_instance(dependent, [&](InstanceId id) {
    if (went_with_requirement(at(id))) want_up(id, request);
  });
}

void Stepper::bring_down(ServiceId dependent, ServiceId because_of, Reason reason) {
  const Rules& r = catalog_.rules(dependent);
  if (counts(dependent)[Trait::over] == r.replicas) return;
  const Request request = reason == Reason::requirement_failed
                              ? lost_requirement(because_of)
                              : Request{reason, over_instance(because_of)};
  for_each_instance(dependent, [&](InstanceId id) {
    if ((mark(id).traits & bit(Trait::over)) == 0) want_down(id, request);
  });
}

/// Why somebody that requires `service` is brought down.
Request Stepper::lost_requirement(ServiceId service) const {
  const InstanceId cause = over_instance(service);
  const InstanceState& instance = at(cause);
  const bool by_itself = instance.phase == Phase::failed || instance.phase == Phase::done ||
                         instance.want_reason == Reason::requirement_failed;
  return {by_itself ? Reason::requirement_failed : Reason::requirement_stopped, cause};
}

void Stepper::restart_parts(ServiceId dependent, ServiceId because_of) {
  const Request request{Reason::part_of, catalog_.rules(because_of).first_instance};
  for_each_instance(dependent, [&](InstanceId id) {
    const InstanceState& instance = at(id);
    if (!is_alive(instance.phase) || instance.want == Want::down || instance.restart_after_stop)
      return;
    restart(id, request);
  });
}

/// Settles those of `service` that wait for `waiting_for`. Each waiting instance watches one edge
/// only, so what it does not watch does not wake it.
void Stepper::wake(ServiceId service, ServiceId waiting_for) {
  if (counts(service)[Trait::waiting] == 0) return;
  for_each_instance(service, [&](InstanceId id) {
    const InstanceState& instance = at(id);
    if (instance.phase != Phase::waiting || instance.cause == no_instance) return;
    if (catalog_.service_of(instance.cause) == waiting_for) enqueue(id);
  });
}

void Stepper::wake_leaving(ServiceId service) {
  for_each_instance(service, [&](InstanceId id) {
    if ((mark(id).traits & bit(Trait::leaving)) != 0) enqueue(id);
  });
}

void Stepper::request_pull(InstanceId id) {
  Mark& m = mark(id);
  if (!m.pull) state_.derived_.pulls.push(id);
  m.pull = true;
}

/// A newly wanted instance starts what it requires and wants and stops what it conflicts with.
void Stepper::pull(InstanceId id) {
  const ServiceId service = catalog_.service_of(id);
  const InstanceState& instance = at(id);
  if (instance.want_reason == Reason::requirement_back) return;
  const Request request = instance.want_reason == Reason::on_failure_of
                              ? Request{Reason::on_failure_of, instance.want_cause}
                              : Request{Reason::needed_by, id};
  for (const Edge& edge : catalog_.dependencies(service)) {
    if (pulls(edge.kind)) pull_service(edge.other, request);
    if (edge.kind == EdgeKind::conflicts) claim(id, edge.other);
  }
  for (const Edge& edge : catalog_.dependents(service))
    if (edge.kind == EdgeKind::conflicts) claim(id, edge.other);
}

/// on-failure never starts what has failed itself: that could go round for ever.
void Stepper::pull_service(ServiceId service, const Request& request) {
  const ServiceCounts& c = counts(service);
  const bool task = catalog_.rules(service).type == model::ServiceType::task;
  const std::uint32_t need_none = task ? c[Trait::done] : 0;
  if (c[Trait::over] == need_none) return;
  for_each_instance(service, [&](InstanceId id) {
    if (task && at(id).phase == Phase::done) return;
    if (at(id).phase == Phase::failed && request.reason == Reason::on_failure_of) return;
    want_up(id, request);
  });
}

void Stepper::claim(InstanceId id, ServiceId conflicting) {
  const Request request{Reason::conflict, id};
  for_each_instance(conflicting, [&](InstanceId other) {
    if ((mark(other).traits & bit(Trait::over)) == 0) return want_down(other, request);
    // It is not to come back beside this one.
    if (went_with_requirement(at(other))) set_want(other, Want::down, request);
  });
}

/// Whether `id` may start; else what it waits for, or why it cannot start at all. The search begins
/// where the last one ended, so that an instance with n dependencies costs n looks in all while
/// they become ready, not n each time.
Verdict Stepper::look_for_blocker(InstanceId id, Request& blocker) {
  const ServiceId service = catalog_.service_of(id);
  const std::span<const Edge> edges = catalog_.dependencies(service);
  std::uint32_t& watched = mark(id).watched;
  for (std::size_t looked = 0; looked < edges.size(); ++looked, ++watched) {
    if (watched >= edges.size()) watched = 0;
    const Edge& edge = edges[watched];
    if (edge.kind == EdgeKind::conflicts && counts(edge.other)[Trait::alive] != 0) {
      blocker = {Reason::conflict, unmet_instance(edge.other, Condition::done)};
      return Verdict::waiting;
    }
    if (!orders(edge.kind)) continue;
    const Verdict found = verdict(edge.other, edge.condition);
    if (found == Verdict::waiting) {
      blocker = {Reason::requirement_waiting, unmet_instance(edge.other, edge.condition)};
      return Verdict::waiting;
    }
    if (found == Verdict::failed && edge.kind == EdgeKind::requires_) {
      blocker = lost_requirement(edge.other);
      return Verdict::failed;
    }
  }
  for (const Edge& edge : catalog_.dependents(service)) {
    if (edge.kind != EdgeKind::conflicts || counts(edge.other)[Trait::alive] == 0) continue;
    blocker = {Reason::conflict, unmet_instance(edge.other, Condition::done)};
    return Verdict::waiting;
  }
  return Verdict::met;
}

/// The first instance of `service` that keeps the condition from being met.
InstanceId Stepper::unmet_instance(ServiceId service, Condition condition) const {
  Trait meets = Trait::done;
  if (condition == Condition::started) meets = Trait::started;
  if (condition == Condition::ready) meets = Trait::ready;
  const Rules& r = catalog_.rules(service);
  for (std::uint32_t i = 0; i < r.replicas; ++i) {
    const InstanceId id{index_of(r.first_instance) + i};
    const Traits traits = state_.derived_.marks[index_of(id)].traits;
    if ((traits & (bit(meets) | bit(Trait::over))) == 0) return id;
  }
  return r.first_instance;
}

/// Why a service is over: an instance that failed before one that ended well before one that was
/// stopped.
InstanceId Stepper::over_instance(ServiceId service) const {
  const Rules& r = catalog_.rules(service);
  InstanceId found = r.first_instance;
  int best = 0;
  for (std::uint32_t i = 0; i < r.replicas && best < 3; ++i) {
    const InstanceId id{index_of(r.first_instance) + i};
    const InstanceState& instance = at(id);
    int rank = 0;
    if (instance.want == Want::down) rank = 1;
    if (instance.phase == Phase::done) rank = 2;
    if (instance.phase == Phase::failed || instance.want_reason == Reason::requirement_failed)
      rank = 3;
    if (rank > best) {
      best = rank;
      found = id;
    }
  }
  return found;
}

}  // namespace stayd::core
