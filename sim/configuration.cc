// SPDX-License-Identifier: Apache-2.0
#include "sim/configuration.h"

namespace stayd::sim {

namespace {

using model::Condition;
using model::EdgeKind;
using model::ServiceType;

Duration pick(Random& random, std::initializer_list<Duration> choices) {
  return choices.begin()[random.below(static_cast<std::uint32_t>(choices.size()))];
}

ServiceType random_type(Random& random) {
  const std::uint32_t n = random.below(10);
  if (n < 7) return ServiceType::daemon;
  return n < 9 ? ServiceType::task : ServiceType::group;
}

void random_restart(Random& random, model::Service& service) {
  model::Restart& restart = service.restart;
  const std::uint32_t n = random.below(10);
  restart.policy = n < 6   ? model::RestartPolicy::always
                   : n < 8 ? model::RestartPolicy::on_failure
                           : model::RestartPolicy::never;
  if (service.type == ServiceType::task && random.chance(700))
    restart.policy = model::RestartPolicy::never;
  restart.delay = pick(random, {Duration{}, milliseconds(10), milliseconds(100), seconds(1)});
  restart.factor = random.chance(200) ? 1.0 : 2.0;
  restart.max_delay = pick(random, {seconds(2), seconds(30)});
  restart.jitter = random.chance(500) ? 0.1 : 0.0;
  restart.reset_after = pick(random, {seconds(1), seconds(10)});
  restart.limit = random.chance(300) ? random.between(1, 5) : 0;
  restart.limit_interval = pick(random, {seconds(5), seconds(60)});
  if (random.chance(200)) restart.success_codes = {0, 3};
}

void random_stop(Random& random, model::Service& service) {
  service.stop.timeout = pick(random, {Duration{}, milliseconds(100), seconds(2), seconds(10)});
  service.stop.to = static_cast<model::StopTo>(random.below(3));
  if (random.chance(150)) service.stop.command = {"/stop"};
  if (random.chance(300)) service.reload.signal = 1;
  if (random.chance(100)) service.reload.command = {"/reload"};
}

/// Orderings point to earlier services only, so that there is no cycle; conflicts and part-of to
/// any.
void random_dependencies(Random& random, model::Spec& spec, std::uint32_t self) {
  model::Service& service = spec.services[self];
  const auto count = static_cast<std::uint32_t>(spec.services.size());
  for (std::uint32_t i = random.below(4); i > 0 && self > 0; --i) {
    const std::uint32_t other = random.below(self);
    const auto kind = static_cast<EdgeKind>(random.below(3));
    auto condition = random.chance(300) ? Condition::started : Condition::ready;
    if (spec.services[other].type == ServiceType::task && random.chance(500))
      condition = Condition::done;
    service.dependencies.push_back({kind, ServiceId{other}, condition});
  }
  const std::uint32_t other = random.below(count);
  if (other != self && random.chance(120))
    service.dependencies.push_back({EdgeKind::part_of, ServiceId{other}, Condition::ready});
  if (other == self || !random.chance(60)) return;
  for (const model::Dependency& dependency : service.dependencies)
    if (dependency.on == ServiceId{other}) return;
  service.dependencies.push_back({EdgeKind::conflicts, ServiceId{other}, Condition::ready});
}

void random_ends(Random& random, model::Spec& spec, std::uint32_t self) {
  model::Service& service = spec.services[self];
  const auto count = static_cast<std::uint32_t>(spec.services.size());
  if (random.chance(60)) service.on_failure.push_back(ServiceId{random.below(count)});
  service.on_failure_shutdown = random.chance(15);
  service.essential = service.type != ServiceType::group && random.chance(20);
}

model::Service random_service(Random& random) {
  model::Service service;
  service.type = random_type(random);
  service.enabled = random.chance(800);
  if (service.type == ServiceType::group) return service;
  if (random.chance(150)) service.replicas = random.between(2, 4);
  if (random.chance(400)) {
    service.ready.kind = model::ProbeKind::notify;
    service.ready.timeout = pick(random, {Duration{}, seconds(1), seconds(5)});
  }
  random_restart(random, service);
  random_stop(random, service);
  return service;
}

}  // namespace

model::Spec random_configuration(Random& random) {
  model::Spec spec;
  const std::uint32_t count = random.chance(30) ? random.between(20, 60) : random.between(1, 10);
  for (std::uint32_t i = 0; i < count; ++i) {
    spec.services.push_back(random_service(random));
    spec.services.back().name = "s" + std::to_string(i);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    random_dependencies(random, spec, i);
    random_ends(random, spec, i);
  }
  model::Supervisor& supervisor = spec.supervisor;
  supervisor.shutdown_timeout = pick(random, {seconds(1), seconds(30)});
  supervisor.max_parallel_starts = random.chance(300) ? random.between(1, 3) : 0;
  const std::uint32_t when = random.below(20);
  if (when < 3) supervisor.exit_when = static_cast<model::ExitWhen>(1 + when);
  supervisor.foreground = random.chance(500);
  supervisor.pass_status = random.chance(100);
  return spec;
}

}  // namespace stayd::sim
