// SPDX-License-Identifier: Apache-2.0
// What the core decided, done.
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/process.h"
#include "runtime/guarded.h"
#include "runtime/supervisor.h"

namespace stayd::runtime {
namespace {

/// What is carried out before epoll is looked at again: so many starts, and for so long. On a busy
/// machine a single start can take longer, since its child must get to run.
constexpr int most_starts = 8;
/// From the same processor.
constexpr int most_starts_here = 64;
constexpr Duration longest_look_away = milliseconds(2);
/// Without a start among it. Signals that stop everything must all be out before the first ends are
/// looked at: what is dying has the processors until then.
constexpr Duration longest_look_away_from_ends = milliseconds(50);
/// For the log writer to write out what it has.
constexpr Duration leave_patience = seconds(5);
/// For it to tell how much the last runs printed: somebody outside may hold an output open.
constexpr Duration outputs_patience = milliseconds(200);

LaunchFailure out_of_memory() {
  LaunchFailure failure;
  failure.what.step = static_cast<std::uint8_t>(os::SpawnStep::clone);
  failure.what.number = ENOMEM;
  failure.transient = true;
  return failure;
}

}  // namespace

/// What a crash of many asks for between their starts. The rest may start commands, or needs to
/// know the process of a start.
bool Supervisor::goes_beside_starts(const core::Action& action) const {
  if (action.kind != core::ActionKind::await_empty && action.kind != core::ActionKind::release)
    return false;
  return std::ranges::none_of(
      starting_, [&](const Start& start) { return start.action.instance == action.instance; });
}

void Supervisor::carry_out_some() {
  const Instant begin = os::now();
  int starts = 0;
  while (starts < most_starts) {
    if (actions_.empty()) {
      finish_starts();
      settle();  // what was done may have shown that more is to be done
      if (actions_.empty()) return;
    }
    const core::Action action = actions_.pop();
    const bool is_start = action.kind == core::ActionKind::spawn;
    if (is_start)
      ++starts;
    else if (!goes_beside_starts(action))
      finish_starts();
    const bool carried_out = guarded([&] { carry_out(action); });
    if (is_start && !carried_out) spawn_failed(action, out_of_memory());
    const auto longest = starts > 0 ? longest_look_away : longest_look_away_from_ends;
    if (os::now() - begin >= longest) break;
  }
  finish_starts();
  // A child goes to a free processor, never to ours: from one alone, many would all come to lie on
  // the others, and be stopped there one after the other.
  starts_here_ += starts;
  if (starts_here_ >= most_starts_here) {
    starts_here_ = 0;
    os::change_processor();
  }
}

void Supervisor::carry_out(const core::Action& action) {
  switch (action.kind) {
    case core::ActionKind::spawn: return spawn(action);
    case core::ActionKind::watch_ready: return watch_ready(action);
    case core::ActionKind::unwatch_ready: return unwatch_ready(action);
    case core::ActionKind::signal: return signal(action);
    case core::ActionKind::stop_command: return run_command(action, HelperKind::stop_command);
    case core::ActionKind::reload_command: return run_command(action, HelperKind::reload_command);
    case core::ActionKind::await_empty: return containment_.await_empty(contained(action.instance));
    case core::ActionKind::terminate_rest: return terminate_rest(action);
    case core::ActionKind::kill: return kill(action);
    case core::ActionKind::release: return release(action);
    case core::ActionKind::announce: return;  // told at once, see spread_outcome
    case core::ActionKind::leave: return leave(action.exit_status);
  }
}

void Supervisor::fact(core::EventKind kind, InstanceId id, RunId run) {
  core::Event event{.kind = kind, .instance = id};
  event.run = run;
  facts_.push_back(event);
}

ContainedRun Supervisor::contained(InstanceId id) {
  Run& run = runs_.at(id);
  base_.names.instance(id, contained_name_);
  return {.instance = id,
          .run = run.record.run,
          .name = contained_name_,
          .leaf = {run.record.cgroup_number, run.record.cgroup_killed != 0},
          .first_pid = base_.ledger.spawned(id, run.record.run),
          .process = run.pid != 0 ? run.process.view() : os::FdView{}};
}

void Supervisor::set_leaf(RunRecord& record, const Leaf& leaf) {
  record.cgroup_number = leaf.number;
  record.cgroup_killed = leaf.killed ? 1 : 0;
}

Result<os::Cgroup> Supervisor::open_leaf(InstanceId id) const {
  const std::uint32_t number = runs_.all[index_of(id)].record.cgroup_number;
  if (number == 0) return failure("it has no cgroup");
  return os::Cgroup::open(containment_.path() + "/" + base_.names.instance(id) + "." +
                          std::to_string(number));
}

Result<model::Service> Supervisor::service_of(InstanceId id) const {
  return runtime::service_of(base_.spec, base_.names, id);
}

void Supervisor::spawn(const core::Action& action) {
  const InstanceId id = action.instance;
  auto service = services_.of(id);
  if (!service) return spawn_failed(action, {.text = service.error().message});
  const RunRecord& record = runs_.at(id).record;
  auto cgroup = prepare_leaf(action, {record.cgroup_number, record.cgroup_killed != 0});
  if (!cgroup)
    return spawn_failed(action, LaunchFailure::of(os::SpawnStep::cgroup, cgroup.error()));
  Launch launch = launch_of(id, action.run);
  launch.cgroup = std::move(*cgroup);
  launch.pid_at = base_.ledger.spawned_pid(id);
  if (const auto prepared = readiness_.prepare(**service, launch); !prepared)
    return spawn_failed(action, LaunchFailure::of(os::SpawnStep::descriptors, prepared.error()));
  auto start = launcher_.prepare(std::move(*service), std::move(launch));
  if (!start) return spawn_failed(action, std::move(start).error());
  while (starting_.size() == Launcher::most_under_way) finish_start();
  begin_start(std::move(*start), {action, Start::Leaf::own});
}

void Supervisor::begin_start(PreparedStart prepared, const Start& start) {
  launcher_.begin(std::move(prepared));
  starting_.push_back(start);
}

void Supervisor::finish_starts() {
  while (!starting_.empty()) finish_start();
}

/// The cgroup for a run whose instance had `leaf`; it stands in the ledger, for a successor to
/// find.
Result<LeafFolder> Supervisor::prepare_leaf(const core::Action& action, Leaf leaf) {
  base_.names.instance(action.instance, name_);
  auto cgroup = containment_.prepare(name_, leaf);
  if (!cgroup) return cgroup;
  hold_cgroup();
  RunRecord& record = runs_.at(action.instance).record;
  record = {.run = action.run};
  set_leaf(record, leaf);
  write_supervisor_record();
  // This also empties the place of the pid.
  base_.ledger.write(action.instance, InstanceRecord{state_.at(action.instance), record});
  return cgroup;
}

void Supervisor::finish_start() {
  const Start start = starting_.front();
  const core::Action& action = start.action;
  starting_.erase(starting_.begin());
  PreparedStart begun;
  auto process = launcher_.finish(begun);
  const bool noted = guarded([&] {
    if (!process && process.error().wants_another_leaf() && start.leaf == Start::Leaf::own &&
        begin_in_another_leaf(action, begun))
      return;
    // What has ended holds its place until it is reaped (RLIMIT_NPROC, pids.max, pid_max).
    if (!process && process.error().wants_room_for_process() && reaper_.reap())
      return begin_start(std::move(begun), start);
    if (!process) return spawn_failed(action, std::move(process).error());
    const std::int32_t pid = process->pid;
    // Unwatched it is found by SIGCHLD, more slowly.
    (void)reaper_.watch(action.instance, action.run, std::move(process->process), pid);
    fact(core::EventKind::spawned, action.instance, action.run);
    facts_.back().pid = pid;
  });
  if (!noted) spawn_failed(action, out_of_memory());
}

/// Somebody has killed or removed the instance's leaf. False: there is no other.
bool Supervisor::begin_in_another_leaf(const core::Action& action, PreparedStart& start) {
  const RunRecord& record = runs_.at(action.instance).record;
  auto cgroup = prepare_leaf(action, {record.cgroup_number, true});
  if (!cgroup) return false;
  start.launch.cgroup = std::move(*cgroup);
  begin_start(std::move(start), {action, Start::Leaf::another});
  return true;
}

void Supervisor::spawn_failed(const core::Action& action, LaunchFailure failure) {
  // Something that has no errno (a record of the Spec that cannot be read) must show as well.
  if (failure.what.number == 0) failure.what.number = EINVAL;
  *base_.ledger.spawned_pid(action.instance) = 0;
  fact(core::EventKind::spawn_failed, action.instance, action.run);
  facts_.back().failure = failure.what;
  facts_.back().transient = failure.transient;
}

Launch Supervisor::launch_of(InstanceId id, RunId run) { return {.instance = id, .run = run}; }

void Supervisor::watch_ready(const core::Action& action) {
  if (!runs_.is_current(action.instance, action.run)) return;
  const auto service = service_of(action.instance);
  if (!service) return say(service.error().message);
  const Instant started = state_.at(action.instance).run_started;
  const auto watched = readiness_.watch(*service, action.instance, action.run, started, now_);
  if (watched) return;
  say("cannot watch for " + base_.names.instance(action.instance) +
      " to become ready: " + watched.error().message);
}

void Supervisor::unwatch_ready(const core::Action& action) {
  readiness_.unwatch(action.instance, action.run);
  helpers_.kill(action.instance, action.run, HelperKind::probe);
}

Status Supervisor::start_probe_command(InstanceId id, RunId run,
                                       std::span<const std::string> command) {
  const auto service = TRY(service_of(id));
  return start_helper(service, {HelperKind::probe, id, run}, command);
}

void Supervisor::signal(const core::Action& action) {
  if (!runs_.is_current(action.instance, action.run)) return;
  Run& run = runs_.at(action.instance);
  dying_.note();
  switch (action.whom) {
    case model::StopTo::all:
      return containment_.signal_all(contained(action.instance), action.signal);
    case model::StopTo::main:
      if (run.pid != 0) (void)os::send_signal(run.process.view(), action.signal);
      return;
    case model::StopTo::group:
      if (run.pid != 0) (void)os::send_signal_to_group(run.process.view(), run.pid, action.signal);
      return;
  }
}

void Supervisor::run_command(const core::Action& action, HelperKind kind) {
  if (!runs_.is_current(action.instance, action.run)) return;
  const auto service = service_of(action.instance);
  if (!service) return command_failed(action, kind, service.error().message);
  const auto& command =
      kind == HelperKind::stop_command ? service->stop.command : service->reload.command;
  auto started = start_helper(*service, {kind, action.instance, action.run}, command);
  if (!started) command_failed(action, kind, started.error().message);
}

Status Supervisor::start_helper(const model::Service& service, const Helper& helper,
                                std::span<const std::string> command) {
  Launch launch = launch_of(helper.instance, helper.run);
  Result<os::Cgroup> cgroup = open_leaf(helper.instance);
  if (cgroup) launch.cgroup = std::make_shared<const os::Cgroup>(std::move(*cgroup));
  const os::Fd output = helper.kind == HelperKind::probe ? os::Fd{} : logs_.writer_for(helper.run);
  auto process = launcher_.command(service, launch, command, output.view());
  if (!process) return failure(process.error().what.number, std::move(process.error().text));
  return helpers_.add(helper, std::move(*process));
}

void Supervisor::command_failed(const core::Action& action, HelperKind kind,
                                const std::string& why) {
  const bool stops = kind == HelperKind::stop_command;
  say(std::string(stops ? "stop-command" : "reload-command") + " of " +
      base_.names.instance(action.instance) + " cannot be started: " + why);
  if (!stops) desk_.reload_ended(action.instance, "its reload-command cannot be run");
  fact(core::EventKind::command_ended, action.instance, action.run);
  facts_.back().exit.kind = core::ExitKind::unknown;
}

void Supervisor::terminate_rest(const core::Action& action) {
  if (!runs_.is_current(action.instance, action.run)) return;
  // Said to be empty already: nobody is there to be told.
  settle_containment();
  for (const core::Event& event : facts_)
    if (event.kind == core::EventKind::emptied && event.instance == action.instance) return;
  containment_.terminate_rest(contained(action.instance));
}

void Supervisor::kill(const core::Action& action) {
  if (!runs_.is_current(action.instance, action.run)) return;
  Run& run = runs_.at(action.instance);
  const ContainedRun what = contained(action.instance);
  Leaf leaf = what.leaf;
  // Before it is done: a successor must not spawn into a leaf that was killed.
  if (leaf.number != 0 && !leaf.killed) {
    run.record.cgroup_killed = 1;
    base_.ledger.write(action.instance, InstanceRecord{state_.at(action.instance), run.record});
  }
  containment_.kill(what, leaf);
  dying_.note();
  helpers_.kill(action.instance, action.run);
}

void Supervisor::release(const core::Action& action) {
  if (!runs_.is_current(action.instance, action.run)) return;
  Run& run = runs_.at(action.instance);
  helpers_.kill(action.instance, action.run);
  if (base_.catalog.rules(base_.catalog.service_of(action.instance)).has_probe)
    readiness_.release(action.instance, action.run);
  reaper_.forget(action.instance);
  const ContainedRun what = contained(action.instance);
  Leaf leaf = what.leaf;
  // Going down, leaves wait for the end: until then the processors are for what is dying.
  const bool keep =
      state_.at(action.instance).want == core::Want::up || state_.supervisor().shutting_down;
  containment_.release(what, leaf, keep ? LeafUse::kept : LeafUse::over);
  run.record = {};
  set_leaf(run.record, leaf);
}

void Supervisor::settle_containment() {
  emptied_.clear();
  // Without cgroups a zombie would be taken for what is left of its run.
  if (containment_.mode() != ContainmentMode::cgroup) (void)reaper_.reap();
  containment_.settle(now_, emptied_);
  for (const EmptiedRun& empty : emptied_)
    fact(core::EventKind::emptied, empty.instance, empty.run);
}

void Supervisor::hold_cgroup() {
  if (held_base_ == containment_.base_count() || !containment_.base().valid()) return;
  held_base_ = containment_.base_count();
  LinkMessage message{.kind = LinkKind::hold};
  message.present = static_cast<std::uint16_t>(1U << static_cast<unsigned>(Held::cgroup));
  const std::array<os::FdView, 1> base{containment_.base()};
  (void)send_link(base_.keeper.view(), message, base);
}

/// Nothing runs any more. What is left is to have every byte in its file.
void Supervisor::leave(std::uint8_t exit_status) {
  exit_status_ = exit_status;
  leave_deadline_ = now_ + leave_patience;
  outputs_deadline_ = events_.is_on() ? now_ + outputs_patience : now_;
  if (server_) server_->say_farewell();
  containment_.remove_all();
  readiness_.remove_all();
}

/// Once the log writer has told how much the last runs printed, or takes too long to.
void Supervisor::finish_leaving() {
  if (!exit_status_ || outputs_deadline_ == Instant::never()) return;
  if (logs_.stream_count() != 0 && now_ < outputs_deadline_) return;
  outputs_deadline_ = Instant::never();
  record_end(*exit_status_);
  events_.end();
  words_.end();
  logs_.leave();
}

/// Without the keeper nobody would follow us, and nobody would reap what we leave: it is all taken
/// down, and we go.
void Supervisor::keeper_gone() {
  for (std::uint32_t i = 0; i < runs_.all.size(); ++i) {
    if (runs_.all[i].record.run == no_run) continue;
    const ContainedRun what = contained(InstanceId{i});
    Leaf leaf = what.leaf;
    containment_.kill(what, leaf);
  }
  words_.say("the keeper is gone: everything was killed");
  events_.end();
  words_.end();
  over_ = true;
}

}  // namespace stayd::runtime
