// SPDX-License-Identifier: Apache-2.0
// Tests of the core tell a story: services, what happens, what the supervisor then does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "core/invariants.h"
#include "core/step.h"

namespace stayd::core {

/// A service with the defaults of a configuration file.
inline model::Service service(std::string name, model::ServiceType type = {}) {
  model::Service made;
  made.name = std::move(name);
  made.type = type;
  if (type == model::ServiceType::task) made.restart.policy = model::RestartPolicy::never;
  made.restart.jitter = 0;
  return made;
}

/// Dependencies as the tests write them; `on` is the place in the list of services.
inline model::Dependency on(std::uint32_t place, model::EdgeKind kind,
                            model::Condition condition = model::Condition::ready) {
  return {kind, ServiceId{place}, condition};
}

class World {
 public:
  explicit World(std::vector<model::Service> services, const model::Supervisor& supervisor = {})
      : services_(std::move(services)), catalog_(build(services_, supervisor)), state_(catalog_) {}

  /// What the supervisor does about an event, as text: "spawn db, signal web 15".
  std::string happens(const Event& event) {
    outcome_.clear();
    step(state_, catalog_, event, now_, outcome_);
    const std::string broken = broken_invariant(state_, catalog_);
    if (!broken.empty()) return "BROKEN: " + broken;
    std::string text;
    for (const Action& action : outcome_.actions) append(text, action);
    return text;
  }
  std::string happens(EventKind kind) { return happens(Event{.kind = kind}); }
  /// About the current run of `name`, for facts; a command otherwise.
  std::string happens(EventKind kind, std::string_view name) { return happens(about(kind, name)); }

  std::string exits(std::string_view name, std::uint8_t code) {
    Event event = about(EventKind::main_exited, name);
    event.exit.kind = ExitKind::code;
    event.exit.value = code;
    return happens(event);
  }
  std::string dies(std::string_view name, std::uint8_t signal) {
    Event event = about(EventKind::main_exited, name);
    event.exit.kind = ExitKind::signal;
    event.exit.value = signal;
    return happens(event);
  }
  /// It exits and nothing of it is left.
  std::string ends(std::string_view name, std::uint8_t code) {
    exits(name, code);
    return happens(EventKind::emptied, name);
  }
  std::string spawn_fails(std::string_view name, bool transient, std::int32_t number) {
    Event event = about(EventKind::spawn_failed, name);
    event.transient = transient;
    event.failure = {execute_step, number, 0};
    return happens(event);
  }
  /// Answers every spawn with success until none is left.
  void spawn_all() {
    for (bool again = true; again;) {
      again = false;
      for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i) {
        if (state_.at(InstanceId{i}).phase != Phase::preparing) continue;
        again = true;
        const std::string text = happens(about(EventKind::spawned, InstanceId{i}));
        ENSURE(!text.starts_with("BROKEN"));
      }
    }
  }
  void boot() {
    happens(EventKind::boot);
    spawn_all();
  }
  std::string after(Duration time) {
    now_ = now_ + time;
    return happens(EventKind::tick);
  }
  [[nodiscard]] Duration until_deadline() const { return state_.next_deadline() - now_; }

  [[nodiscard]] const InstanceState& of(std::string_view name) const { return state_.at(id(name)); }
  [[nodiscard]] std::string phase(std::string_view name) const { return word(of(name).phase); }
  [[nodiscard]] std::string reason(std::string_view name) const { return word(of(name).reason); }
  [[nodiscard]] std::string cause(std::string_view name) const {
    const InstanceId cause = of(name).cause;
    return cause == no_instance ? "" : this->name(cause);
  }

  [[nodiscard]] Event about(EventKind kind, std::string_view name) const {
    return about(kind, id(name));
  }
  [[nodiscard]] Event about(EventKind kind, InstanceId instance) const {
    Event event{.kind = kind, .instance = instance};
    event.run = state_.at(instance).run;
    event.pid = 1000 + static_cast<std::int32_t>(number_of(event.run));
    return event;
  }
  [[nodiscard]] InstanceId id(std::string_view name) const {
    for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i)
      if (this->name(InstanceId{i}) == name) return InstanceId{i};
    ENSURE(false);
  }
  [[nodiscard]] std::string name(InstanceId instance) const {
    const ServiceId of = catalog_.service_of(instance);
    const model::Service& made = services_[index_of(of)];
    if (made.replicas == 1) return made.name;
    return made.name + "@" + std::to_string(catalog_.replica_of(instance));
  }

  State& state() { return state_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

 private:
  static Catalog build(const std::vector<model::Service>& services,
                       const model::Supervisor& supervisor) {
    Catalog catalog;
    for (const model::Service& made : services) catalog.add(made);
    ENSURE(catalog.finish(supervisor).has_value());
    return catalog;
  }

  void append(std::string& text, const Action& action) const {
    if (action.kind == ActionKind::announce) return;
    if (!text.empty()) text += ", ";
    text += word(action.kind);
    if (action.kind == ActionKind::leave) {
      text += " " + std::to_string(action.exit_status);
      return;
    }
    text += " " + name(action.instance);
    if (action.kind == ActionKind::signal) text += " " + std::to_string(action.signal);
  }

  std::vector<model::Service> services_;
  Catalog catalog_;
  State state_;
  Outcome outcome_;
  Instant now_{1'000'000'000};
};

}  // namespace stayd::core
