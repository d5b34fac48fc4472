// SPDX-License-Identifier: Apache-2.0
#include "sim/kernel.h"

#include <algorithm>

namespace stayd::sim {

namespace {

using core::ActionKind;
using core::EventKind;
using core::Phase;

constexpr std::int32_t kill_signal = 9;
constexpr std::int32_t terminate_signal = 15;
constexpr std::int32_t transient_errors[] = {11, 12, 24};  // EAGAIN, ENOMEM, EMFILE
constexpr std::int32_t no_such_file = 2;

}  // namespace

core::LastExit exit_of(std::int32_t value) {
  core::LastExit exit;
  exit.kind = value < 0 ? core::ExitKind::signal : core::ExitKind::code;
  exit.value = static_cast<std::uint8_t>(value < 0 ? -value : value);
  return exit;
}

void Kernel::add(Happening happening, InstanceId id, Instant at, std::int32_t value) {
  agenda_.add({.at = at,
               .run = runs_[index_of(id)].run,
               .instance = id,
               .generation = generation_,
               .value = value,
               .happening = happening});
}

void Kernel::calm_down(Instant now) {
  calm_ = true;
  for (std::uint32_t i = 0; i < runs_.size(); ++i) {
    Run& run = runs_[i];
    run.shrugs_off_kill = false;
    if (run.main_alive && !run.is_ready)
      add(Happening::turns_ready, InstanceId{i}, now + random_.up_to(seconds(1)));
    if (run.main_alive && rules(InstanceId{i}).type == model::ServiceType::task)
      add(Happening::main_dies, InstanceId{i}, now + random_.up_to(seconds(2)), 0);
  }
}

void Kernel::reset() {
  runs_.assign(runs_.size(), Run{});
  agenda_.clear();
  ++generation_;
}

const char* Kernel::execute(const core::Action& action, Instant now) {
  const InstanceId id = action.instance;
  if (action.kind == ActionKind::leave)
    return all_empty() ? nullptr : "the supervisor leaves while something is alive";
  if (action.kind == ActionKind::spawn) return spawn(action, now);
  if (action.kind == ActionKind::announce) return nullptr;
  Run& run = runs_[index_of(id)];
  // After a take-over the core releases a run whose spawn was never carried out.
  if (action.kind == ActionKind::release && run.released && run.run < action.run) return nullptr;
  if (run.run != action.run || run.released) return "an action for a run that is not there";
  switch (action.kind) {
    case ActionKind::watch_ready:
      run.watched = true;
      if (run.is_ready) add(Happening::tell_ready, id, now);
      break;
    case ActionKind::unwatch_ready: run.watched = false; break;
    case ActionKind::signal: signal(id, action.signal, now); break;
    case ActionKind::stop_command: stop_command(id, now); break;
    case ActionKind::reload_command:
      add(Happening::tell_command_ended, id, now + random_.up_to(seconds(1)),
          random_.chance(200) ? 1 : 0);
      break;
    case ActionKind::await_empty:
      run.awaited = true;
      look_whether_empty(id, now);
      break;
    case ActionKind::terminate_rest:
      if (run.rest_alive && !run.rest_ignores_term)
        add(Happening::rest_dies, id, now + random_.up_to(seconds(1)));
      break;
    case ActionKind::kill: kill(id, now); break;
    case ActionKind::release:
      if (!run.empty()) return "released while something of the run is alive";
      run.released = true;
      break;
    case ActionKind::spawn:
    case ActionKind::announce:
    case ActionKind::leave: break;
  }
  return nullptr;
}

const char* Kernel::spawn(const core::Action& action, Instant now) {
  const InstanceId id = action.instance;
  Run& run = runs_[index_of(id)];
  if (!run.released) return "a second life before the first was released";
  run = Run{};
  run.run = action.run;
  run.released = false;
  const std::uint32_t fate = calm_ ? 1000 : random_.below(1000);
  if (fate < 40) {
    add(Happening::tell_spawn_failed, id, now, transient_errors[random_.below(3)]);
  } else if (fate < 48) {
    add(Happening::tell_spawn_failed, id, now, no_such_file);
  } else {
    run.main_alive = true;
    run.started = true;
    add(Happening::tell_spawned, id, now);
    plan_life(id, now);
  }
  return nullptr;
}

void Kernel::plan_life(InstanceId id, Instant now) {
  Run& run = runs_[index_of(id)];
  run.ignores_term = random_.chance(150);
  run.rest_alive = random_.chance(100);
  run.rest_ignores_term = random_.chance(300);
  run.shrugs_off_kill = !calm_ && random_.chance(50);
  const bool never_ready = !calm_ && random_.chance(100);
  if (!never_ready) add(Happening::turns_ready, id, now + random_.up_to(seconds(2)));
  plan_end(id, now);
}

void Kernel::plan_end(InstanceId id, Instant now) {
  const bool task = rules(id).type == model::ServiceType::task;
  if (calm_) {
    if (task) add(Happening::main_dies, id, now + random_.up_to(seconds(2)), 0);
    return;
  }
  constexpr std::int32_t codes[] = {0, 0, 1, 1, 2, 3, 78, -6, -11};
  const std::int32_t how = codes[random_.below(std::size(codes))];
  const std::uint32_t fate = random_.below(100);
  if (fate < 3) {  // exec failed after the spawn had been reported
    add(Happening::main_dies, id, now, 127);
  } else if (fate < 15) {
    add(Happening::main_dies, id, now + random_.up_to(microseconds(200)), how);
  } else if (fate < 40 || task) {
    add(Happening::main_dies, id, now + random_.up_to(seconds(3)), how);
  } else if (fate < 70) {
    add(Happening::main_dies, id, now + random_.up_to(seconds(60)), how);
  }
}

void Kernel::signal(InstanceId id, std::int32_t number, Instant now) {
  Run& run = runs_[index_of(id)];
  if (number == kill_signal) {
    add(Happening::main_dies, id, now + random_.up_to(milliseconds(5)), -kill_signal);
  } else if (number == terminate_signal) {
    run.asked_to_stop = std::min(run.asked_to_stop, now);
    if (!run.ignores_term)
      add(Happening::main_dies, id, now + random_.up_to(seconds(1)),
          random_.chance(500) ? 0 : -terminate_signal);
  }
}

void Kernel::stop_command(InstanceId id, Instant now) {
  Run& run = runs_[index_of(id)];
  run.asked_to_stop = std::min(run.asked_to_stop, now);
  const bool works = !run.ignores_term;
  const Instant end = now + random_.up_to(seconds(1));
  add(Happening::tell_command_ended, id, end, works || random_.chance(500) ? 0 : 1);
  if (works) add(Happening::main_dies, id, end, 0);
}

void Kernel::kill(InstanceId id, Instant now) {
  Run& run = runs_[index_of(id)];
  run.killed = true;
  if (run.shrugs_off_kill) {
    run.shrugs_off_kill = false;
    return;
  }
  const bool late = random_.chance(50);
  const Instant end = now + random_.up_to(late ? seconds(8) : milliseconds(20));
  add(Happening::main_dies, id, end, -kill_signal);
  add(Happening::rest_dies, id, end);
}

void Kernel::look_whether_empty(InstanceId id, Instant now) {
  const Run& run = runs_[index_of(id)];
  if (run.awaited && run.empty()) add(Happening::tell_emptied, id, now);
}

void Kernel::happens(const Item& item, Instant now) {
  Run& run = runs_[index_of(item.instance)];
  if (run.run != item.run || run.released) return;
  switch (item.happening) {
    case Happening::main_dies:
      if (!run.main_alive) return;
      run.main_alive = false;
      run.exit = item.value;
      add(Happening::tell_exited, item.instance, now, item.value);
      break;
    case Happening::rest_dies:
      if (!run.rest_alive) return;
      run.rest_alive = false;
      look_whether_empty(item.instance, now);
      break;
    case Happening::turns_ready:
      if (!run.main_alive || run.is_ready) return;
      run.is_ready = true;
      if (run.watched) add(Happening::tell_ready, item.instance, now);
      break;
    case Happening::operator_acts:
    case Happening::tell_spawned:
    case Happening::tell_spawn_failed:
    case Happening::tell_ready:
    case Happening::tell_exited:
    case Happening::tell_emptied:
    case Happening::tell_stopped:
    case Happening::tell_continued:
    case Happening::tell_command_ended: break;
  }
}

core::Event Kernel::told(const Item& item) {
  core::Event event;
  event.instance = item.instance;
  event.run = item.run;
  Run& run = runs_[index_of(item.instance)];
  const bool current = run.run == item.run;
  switch (item.happening) {
    case Happening::tell_spawned:
      event.kind = EventKind::spawned;
      event.pid = static_cast<std::int32_t>(number_of(item.run) % 4'000'000 + 2);
      if (current) run.told_up = !run.told_exit;
      break;
    case Happening::tell_spawn_failed:
      event.kind = EventKind::spawn_failed;
      event.transient = item.value != no_such_file;
      event.failure = {core::execute_step, item.value, 0};
      break;
    case Happening::tell_ready: event.kind = EventKind::became_ready; break;
    case Happening::tell_exited:
      event.kind = EventKind::main_exited;
      event.exit = exit_of(item.value);
      if (!current) break;
      run.told_up = false;
      run.told_exit = true;
      break;
    case Happening::tell_emptied: event.kind = EventKind::emptied; break;
    case Happening::tell_stopped: event.kind = EventKind::main_stopped; break;
    case Happening::tell_continued: event.kind = EventKind::main_continued; break;
    case Happening::tell_command_ended:
      event.kind = EventKind::command_ended;
      event.exit = exit_of(item.value);
      break;
    case Happening::main_dies:
    case Happening::rest_dies:
    case Happening::turns_ready:
    case Happening::operator_acts: break;
  }
  return event;
}

void Kernel::take_over() {
  ++generation_;
  for (Run& run : runs_) {
    run.watched = false;
    run.awaited = false;
  }
}

void Kernel::find_facts(InstanceId id, const core::InstanceState& ledger,
                        std::vector<core::Event>& facts) {
  Run& run = runs_[index_of(id)];
  const bool ledger_alive = core::is_alive(ledger.phase);
  if (run.run != ledger.run || !ledger_alive) {
    // A release that was not carried out any more, or a run that never came to be.
    if (run.empty()) run.released = true;
    return;
  }
  if (run.released) return;
  if (ledger.phase == Phase::preparing && run.main_alive) {
    facts.push_back(told({.run = run.run, .instance = id, .happening = Happening::tell_spawned}));
  } else if (!run.main_alive && run.started && ledger.phase != Phase::cleaning) {
    facts.push_back(told(
        {.run = run.run, .instance = id, .value = run.exit, .happening = Happening::tell_exited}));
  }
}

bool Kernel::all_empty() const {
  return std::ranges::all_of(runs_, [](const Run& run) { return run.empty(); });
}

const char* Kernel::overdue_stop(Instant now) const {
  for (std::uint32_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (run.released || run.empty() || run.killed || run.asked_to_stop == Instant::never())
      continue;
    const Instant latest = run.asked_to_stop + (rules(InstanceId{i}).stop_timeout + seconds(1));
    if (now > latest) return "asked to stop, and not killed in time";
  }
  return nullptr;
}

}  // namespace stayd::sim
