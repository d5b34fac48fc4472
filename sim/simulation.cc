// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <algorithm>

#include "base/check.h"
#include "core/invariants.h"
#include "sim/configuration.h"

namespace stayd::sim {

using core::EventKind;

namespace {

constexpr std::uint64_t most_calm_events = 200'000;

core::Catalog catalog_of(const model::Spec& spec) {
  core::Catalog catalog;
  for (const model::Service& service : spec.services) catalog.add(service);
  ENSURE(catalog.finish(spec.supervisor).has_value());
  return catalog;
}

}  // namespace

Simulation::Simulation(const Options& options)
    : options_(options),
      random_(options.seed),
      spec_(random_configuration(random_)),
      truth_(catalog_of(spec_)),
      seen_(catalog_of(seen_by(options.bug, spec_))),
      kernel_(truth_, agenda_, random_),
      oracle_(truth_, kernel_),
      state_(seen_),
      trace_(spec_, truth_) {}

std::string Simulation::run() {
  if (options_.tell == Options::Tell::everything) trace_.configuration();
  boot();
  while (!failed() && events_ < options_.events) {
    if (left_) boot();
    advance();
  }
  if (left_ && !failed()) boot();
  if (!failed()) calm_down();
  if (!failed()) shut_down();
  return failure_;
}

void Simulation::boot() {
  left_ = false;
  kernel_.reset();
  state_ = core::State(seen_);
  state_.seed(random_.next());
  schedule_operator();
  deliver({.kind = EventKind::boot});
}

void Simulation::advance() {
  const Instant due = state_.next_deadline();
  if (due < agenda_.earliest()) {
    const Duration late = calm_ ? Duration{} : random_.up_to(milliseconds(1));
    now_ = std::max(now_, std::min(due + late, agenda_.earliest()));
    return tick();
  }
  const Item item = agenda_.take();
  now_ = std::max(now_, item.at);
  handle(item);
}

void Simulation::tick() {
  if (options_.bug == PlantedBug::lost_deadline && random_.chance(20)) {
    std::vector<core::InstanceState> instances(state_.instances().begin(),
                                               state_.instances().end());
    for (core::InstanceState& instance : instances)
      for (Instant& deadline : instance.deadlines)
        if (deadline <= now_) deadline = Instant::never();
    const core::SupervisorState supervisor = state_.supervisor();
    state_.restore(supervisor, instances, seen_);
  }
  const std::uint64_t same = take_overs_;
  deliver({.kind = EventKind::tick});
  if (!failed() && take_overs_ == same && state_.next_deadline() <= now_)
    fail("a deadline is due after its tick");
}

void Simulation::handle(const Item& item) {
  if (item.happening == Happening::operator_acts) {
    if (calm_) return;
    operator_acts();
    return schedule_operator();
  }
  if (!is_told(item.happening)) return kernel_.happens(item, now_);
  if (item.generation != kernel_.generation()) return;  // told to a supervisor that is gone
  if (!calm_ && random_.chance(30)) {
    Item again = item;
    again.at = now_ + random_.up_to(random_.chance(500) ? milliseconds(1) : seconds(5));
    agenda_.add(again);
  }
  deliver(kernel_.told(item));
}

void Simulation::schedule_operator() {
  if (calm_) return;
  agenda_.add({.at = now_ + random_.up_to(seconds(4)), .happening = Happening::operator_acts});
}

void Simulation::operator_acts() {
  const InstanceId id{random_.below(truth_.instance_count())};
  core::Event event{.instance = id, .operator_uid = 1000, .operator_pid = 77};
  const std::uint32_t what = random_.below(100);
  if (what < 30) {
    event.kind = EventKind::operator_start;
  } else if (what < 55) {
    event.kind = EventKind::operator_stop;
  } else if (what < 75) {
    event.kind = EventKind::operator_restart;
  } else if (what < 80) {
    event.kind = EventKind::operator_reload;
  } else if (what < 90) {
    constexpr std::int32_t signals[] = {9, 9, 1, 10};
    event.kind = EventKind::operator_kill;
    event.signal = signals[random_.below(4)];
  } else if (what < 99) {
    const bool stopped = kernel_.run(id).main_alive && random_.chance(500);
    event.kind = stopped ? EventKind::main_stopped : EventKind::main_continued;
    event.run = kernel_.run(id).run;
  } else {
    event = {.kind = EventKind::shutdown, .signal = random_.chance(500) ? 15 : 2};
  }
  deliver(event);
}

void Simulation::deliver(core::Event event) {
  bend(options_.bug, event, state_);
  const bool falls = !calm_ && random_.chance(event.kind == EventKind::boot ? 100 : 2);
  if (falls) return fall(event);
  apply(event);
  if (!failed()) carry_out(outcome_.actions.size());
  if (options_.bug == PlantedBug::early_release && event.kind == EventKind::main_exited &&
      !failed()) {
    event.kind = EventKind::emptied;
    apply(event);
    if (!failed()) carry_out(outcome_.actions.size());
  }
}

void Simulation::apply(const core::Event& event) {
  ++events_;
  outcome_.clear();
  note_facts(event);
  core::step(state_, seen_, event, now_, outcome_);
  bend(options_.bug, event, outcome_, random_);
  if (options_.tell == Options::Tell::everything &&
      (!outcome_.touched.empty() || !outcome_.actions.empty()))
    trace_.step(now_, event, state_, outcome_);
  check_step(event);
}

void Simulation::note_facts(const core::Event& event) {
  const bool ends = event.kind == EventKind::emptied || event.kind == EventKind::spawn_failed;
  if (!ends) return;
  const core::InstanceState& instance = state_.at(event.instance);
  const bool first_time = core::is_alive(instance.phase);
  if (instance.run == event.run && first_time) oracle_.note_end(event.instance, now_);
}

void Simulation::carry_out(std::size_t count) {
  for (std::size_t i = 0; i < count && !failed(); ++i) {
    const core::Action& action = outcome_.actions[i];
    if (const char* broken = kernel_.execute(action, now_)) return fail(broken);
    if (action.kind == core::ActionKind::leave) left_ = true;
  }
}

/// The supervisor is killed around a step: before the ledger was written, while it was, or while
/// the actions were being carried out.
void Simulation::fall(const core::Event& event) {
  const std::vector<core::InstanceState> before(state_.instances().begin(),
                                                state_.instances().end());
  const core::SupervisorState supervisor_before = state_.supervisor();
  apply(event);
  if (failed()) return;
  std::vector<core::InstanceState> instances(state_.instances().begin(), state_.instances().end());
  core::SupervisorState supervisor = state_.supervisor();
  const std::uint32_t when = random_.below(10);
  if (when < 2) {
    instances = before;
    supervisor = supervisor_before;
  } else if (when < 4) {
    tear(instances, before);
  } else {
    const auto actions = static_cast<std::uint32_t>(outcome_.actions.size());
    carry_out(when < 7 ? random_.below(actions + 1) : actions);
  }
  if (failed() || left_) return;
  take_over(supervisor, instances);
}

/// The ledger is written slot by slot, the supervisor's own record first.
void Simulation::tear(std::vector<core::InstanceState>& instances,
                      const std::vector<core::InstanceState>& before) {
  const auto touched = static_cast<std::uint32_t>(outcome_.touched.size());
  for (std::uint32_t i = random_.below(touched + 1); i < touched; ++i) {
    const std::uint32_t slot = index_of(outcome_.touched[i]);
    instances[slot] = before[slot];
  }
}

void Simulation::take_over(const core::SupervisorState& supervisor,
                           std::vector<core::InstanceState>& instances) {
  ++take_overs_;
  if (options_.tell == Options::Tell::everything)
    trace_.note(now_, "the next supervisor takes over");
  for (core::InstanceState& instance : instances) bend(options_.bug, instance);
  state_.restore(supervisor, instances, seen_);
  kernel_.take_over();
  taking_over_ = true;
  std::vector<core::Event> facts;
  for (std::uint32_t i = 0; i < truth_.instance_count(); ++i)
    kernel_.find_facts(InstanceId{i}, instances[i], facts);
  for (const core::Event& fact : facts) {
    apply(fact);
    if (failed()) return;
    carry_out(outcome_.actions.size());
    if (failed()) return;
  }
  taking_over_ = false;
  if (options_.bug == PlantedBug::forgotten_resume) return;
  apply({.kind = EventKind::resumed});
  if (!failed()) carry_out(outcome_.actions.size());
}

void Simulation::calm_down() {
  if (options_.tell == Options::Tell::everything) trace_.note(now_, "the faults stop");
  calm_ = true;
  kernel_.calm_down(now_);
  const std::uint64_t most = events_ + most_calm_events;
  while (!failed() && !left_ && (!agenda_.empty() || state_.next_deadline() != Instant::never())) {
    advance();
    if (events_ > most) return fail("does not come to rest");
  }
  if (failed() || left_) return;
  for (std::uint32_t i = 0; i < truth_.instance_count(); ++i)
    if (const char* broken = oracle_.judge_rest(state_, InstanceId{i}))
      return fail(spec_.services[index_of(truth_.service_of(InstanceId{i}))].name + " " + broken);
  check_everything();
}

void Simulation::shut_down() {
  if (left_) return;
  deliver({.kind = EventKind::shutdown, .signal = 15});
  const Instant latest = now_ + truth_.shutdown_timeout() + seconds(60);
  while (!failed() && !left_ && now_ < latest &&
         (!agenda_.empty() || state_.next_deadline() != Instant::never()))
    advance();
  if (!failed() && !left_) fail("does not leave after a shutdown");
  if (!failed()) check_everything();
}

void Simulation::check_step(const core::Event& event) {
  if (const char* broken = core::broken_action(state_, seen_, outcome_.actions))
    return fail(broken);
  if (taking_over_) return;
  for (const InstanceId id : outcome_.touched)
    if (const char* broken = core::broken_invariant(state_, seen_, id)) return fail(broken);
  if (const char* broken = oracle_.judge(state_, event, outcome_, now_)) return fail(broken);
  if (event.kind == EventKind::shutdown || events_ % 256 == 0) check_everything();
}

void Simulation::check_everything() {
  const std::string broken = core::broken_invariant(state_, seen_);
  if (!broken.empty()) return fail(broken);
  if (const char* overdue = kernel_.overdue_stop(now_)) fail(overdue);
}

void Simulation::fail(const std::string& what) {
  if (failed()) return;
  failure_ =
      "seed " + std::to_string(options_.seed) + ", event " + std::to_string(events_) + ": " + what;
  if (options_.tell == Options::Tell::everything) trace_.note(now_, failure_.c_str());
}

}  // namespace stayd::sim
