// SPDX-License-Identifier: Apache-2.0
// What follows when a run ended that nobody asked to end.
#include <algorithm>
#include <cmath>

#include "core/recent_restarts.h"
#include "core/stepper.h"

namespace stayd::core {

namespace {

bool has_code(const std::array<std::uint32_t, 8>& bits, const LastExit& exit) {
  return exit.kind == ExitKind::code && ((bits[exit.value / 32u] >> (exit.value % 32u)) & 1u) != 0;
}

/// 50 ms, 100 ms, ... at most 1 s.
Duration resource_delay(std::uint32_t retries) {
  return milliseconds(std::min<std::int64_t>(1000, 50ll << std::min(retries, 5u)));
}

/// A start that fails before exec costs nothing that would slow it down, so that it waits whatever
/// the policy says: 100 ms, 200 ms, ... at most 1 s.
Duration failed_start_delay(std::uint32_t failures) {
  return milliseconds(std::min<std::int64_t>(1000, 100ll * failures));
}

}  // namespace

void Stepper::spawn_failed(InstanceId id, const Event& event) {
  if (at(id).phase != Phase::preparing) return;
  give(ActionKind::release, id);
  InstanceState& instance = edit(id);
  instance.last_failure = event.failure;
  if (instance.want == Want::down) return end_down(id);
  if (instance.restart_after_stop) return start_again(id);
  if (event.transient) {
    set_deadline(id, now_ + resource_delay(instance.spawn_retries++));
    set_reason(id, Reason::resource_retry, no_instance);
    return set_phase(id, Phase::backoff);
  }
  // A first start that cannot work will not work later. What has run before is treated as after any
  // other end: its executable may be on the way of being replaced.
  if (instance.restarts == 0 || rules(id).policy == model::RestartPolicy::never)
    return end_for_good(id, Phase::failed, Reason::spawn_failed);
  instance.unhealthy = std::max(instance.unhealthy, 1u);
  restart_or_fail(id, Reason::spawn_failed, failed_start_delay(++instance.spawn_retries));
}

void Stepper::after_end(InstanceId id) {
  InstanceState& instance = edit(id);
  const Rules& r = rules(id);
  const bool timed_out = instance.start_timed_out;
  const bool success = !timed_out && has_code(r.success_codes, instance.last_exit);
  const Phase end = success ? Phase::done : Phase::failed;
  if (instance.last_exit.ran_for >= r.reset_after && !timed_out) instance.unhealthy = 0;
  if (!timed_out && has_code(r.never_on, instance.last_exit))
    return end_for_good(id, end, Reason::never_restart_code);
  if (success && r.type == model::ServiceType::task)
    return end_for_good(id, end, Reason::task_done);
  switch (r.policy) {
    case model::RestartPolicy::never: return end_for_good(id, end, Reason::policy_no_restart);
    case model::RestartPolicy::on_failure:
      if (success) return end_for_good(id, end, Reason::policy_no_restart);
      break;
    case model::RestartPolicy::always: break;
  }
  restart_or_fail(id, timed_out ? Reason::ready_timeout : Reason::exited);
}

void Stepper::restart_or_fail(InstanceId id, Reason reason, Duration at_least) {
  InstanceState& instance = edit(id);
  const Rules& r = rules(id);
  if (!count_restart(instance.recent, {r.limit, r.limit_interval}, now_))
    return end_for_good(id, Phase::failed, Reason::restart_limit);
  const Duration delay = std::max(restart_delay(instance, r), at_least);
  ++instance.restarts;
  ++instance.unhealthy;
  if (delay.ns == 0) {
    set_reason(id, reason, no_instance);
    set_phase(id, Phase::waiting);
    return enqueue(id);
  }
  set_deadline(id, now_ + delay);
  set_reason(id, Reason::restart_delay, no_instance);
  set_phase(id, Phase::backoff);
}

/// The first restart since the start or since the last healthy run is immediate, the k-th waits
/// delay x factor^(k-2), at most max_delay, give or take the jitter.
Duration Stepper::restart_delay(const InstanceState& instance, const Rules& rules) {
  if (instance.unhealthy == 0) return {};
  const double growth =
      std::pow(static_cast<double>(rules.factor), static_cast<double>(instance.unhealthy - 1));
  const double most = static_cast<double>(rules.max_delay.ns);
  const double base = std::min(static_cast<double>(rules.delay.ns) * growth, most);
  const double varied = base * (1.0 + static_cast<double>(rules.jitter) * random_unit());
  return {static_cast<std::int64_t>(std::clamp(varied, 0.0, most))};
}

/// Evenly from -1 to 1 (splitmix64).
double Stepper::random_unit() {
  std::uint64_t z = (state_.supervisor_.random += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-52 - 1.0;
}

/// It ended and will not be restarted: only a command brings it back.
void Stepper::end_for_good(InstanceId id, Phase phase, Reason reason) {
  const bool by_requirement = reason == Reason::requirement_failed;
  set_reason(id, reason, by_requirement ? at(id).want_cause : no_instance);
  set_deadline(id, Instant::never());
  set_phase(id, phase);
  if (state_.supervisor_.shutting_down) return;
  const Rules& r = rules(id);
  const bool failed = phase == Phase::failed;
  if (failed)
    for (const ServiceId target : catalog_.on_failure(catalog_.service_of(id)))
      for_each_instance(target, [&](InstanceId other) {
        if (at(other).phase != Phase::failed) want_up(other, {Reason::on_failure_of, id});
      });
  const bool ends_all = r.essential || (failed && r.on_failure_shutdown) ||
                        catalog_.exit_when() == model::ExitWhen::any_exits ||
                        (failed && catalog_.exit_when() == model::ExitWhen::any_fails);
  if (ends_all) begin_shutdown(exit_status_of(at(id)));
}

}  // namespace stayd::core
