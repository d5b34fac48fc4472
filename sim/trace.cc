// SPDX-License-Identifier: Apache-2.0
#include "sim/trace.h"

#include <cstdio>

namespace stayd::sim {

using core::ActionKind;
using core::EventKind;

namespace {

const char* edge_word(model::EdgeKind kind) {
  switch (kind) {
    case model::EdgeKind::requires_: return "requires";
    case model::EdgeKind::wants: return "wants";
    case model::EdgeKind::after: return "after";
    case model::EdgeKind::conflicts: return "conflicts";
    case model::EdgeKind::part_of: return "part-of";
  }
  return "?";
}

const char* condition_word(model::Condition condition) {
  switch (condition) {
    case model::Condition::started: return "started";
    case model::Condition::ready: return "ready";
    case model::Condition::done: return "done";
  }
  return "?";
}

const char* type_word(model::ServiceType type) {
  switch (type) {
    case model::ServiceType::daemon: return "daemon";
    case model::ServiceType::task: return "task";
    case model::ServiceType::group: return "group";
  }
  return "?";
}

void print_exit(const core::LastExit& exit) {
  if (exit.kind == core::ExitKind::code) std::printf(" code %u", exit.value);
  if (exit.kind == core::ExitKind::signal) std::printf(" signal %u", exit.value);
}

}  // namespace

void Trace::configuration() const {
  for (const model::Service& service : spec_.services) {
    std::printf("  %s: %s%s", service.name.c_str(), type_word(service.type),
                service.enabled ? "" : ", not enabled");
    if (service.replicas > 1) std::printf(", replicas %u", service.replicas);
    if (service.ready.kind != model::ProbeKind::none) std::printf(", has a probe");
    for (const model::Dependency& d : service.dependencies)
      std::printf(", %s %s:%s", edge_word(d.kind), spec_.services[index_of(d.on)].name.c_str(),
                  condition_word(d.condition));
    for (const ServiceId target : service.on_failure)
      std::printf(", on-failure %s", spec_.services[index_of(target)].name.c_str());
    std::printf("%s%s\n", service.essential ? ", essential" : "",
                service.on_failure_shutdown ? ", on-failure shutdown" : "");
  }
}

void Trace::step(Instant now, const core::Event& event, const core::State& state,
                 const core::Outcome& outcome) const {
  print_event(now, event);
  print_actions(outcome);
  print_changes(state, outcome);
  std::printf("\n");
}

void Trace::note(Instant now, const char* what) const {
  std::printf("%12.6f  -- %s\n", static_cast<double>(now.ns) / 1e9, what);
}

void Trace::print_event(Instant now, const core::Event& event) const {
  std::printf("%12.6f  ", static_cast<double>(now.ns) / 1e9);
  if (event.instance != no_instance) {
    print_name(event.instance);
    std::printf(" ");
  }
  std::printf("%s", core::word(event.kind));
  if (event.run != no_run)
    std::printf(" run %llu", static_cast<unsigned long long>(number_of(event.run)));
  if (event.kind == EventKind::spawn_failed) std::printf(" errno %d", event.failure.number);
  if (event.signal != 0) std::printf(" signal %d", event.signal);
  print_exit(event.exit);
}

void Trace::print_actions(const core::Outcome& outcome) const {
  const char* separator = "  =>  ";
  for (const core::Action& action : outcome.actions) {
    if (action.kind == ActionKind::announce) continue;
    std::printf("%s%s", separator, core::word(action.kind));
    separator = ", ";
    if (action.kind == ActionKind::leave) {
      std::printf(" %u", action.exit_status);
      continue;
    }
    std::printf(" ");
    print_name(action.instance);
    if (action.kind == ActionKind::spawn)
      std::printf(" run %llu", static_cast<unsigned long long>(number_of(action.run)));
    if (action.kind == ActionKind::signal) std::printf(" %d", action.signal);
  }
}

void Trace::print_changes(const core::State& state, const core::Outcome& outcome) const {
  const char* separator = "  [";
  for (const InstanceId id : outcome.touched) {
    const core::InstanceState& instance = state.at(id);
    std::printf("%s", separator);
    print_name(id);
    std::printf(" %s, %s: %s", core::word(instance.phase), core::word(instance.want),
                core::word(instance.reason));
    if (instance.cause != no_instance) {
      std::printf(" ");
      print_name(instance.cause);
    }
    separator = "; ";
  }
  if (!outcome.touched.empty()) std::printf("]");
}

void Trace::print_name(InstanceId id) const {
  const ServiceId service = catalog_.service_of(id);
  std::printf("%s", spec_.services[index_of(service)].name.c_str());
  if (catalog_.rules(service).replicas > 1) std::printf("@%u", catalog_.replica_of(id));
}

}  // namespace stayd::sim
