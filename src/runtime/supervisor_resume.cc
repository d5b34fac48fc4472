// SPDX-License-Identifier: Apache-2.0
// The take-over: what the ledger says, compared with what is there (runtime/resume.h).
#include <utility>
#include <vector>

#include "os/poll.h"
#include "os/process.h"
#include "runtime/resume.h"
#include "runtime/supervisor.h"

namespace stayd::runtime {

void Supervisor::restore_state() {
  std::vector<core::InstanceState> states(base_.catalog.instance_count());
  for (std::uint32_t i = 0; i < states.size(); ++i) {
    InstanceRecord record;
    // Neither slot is valid: only ever of an instance that was never touched.
    if (!base_.ledger.read(InstanceId{i}, record)) continue;
    states[i] = record.state;
    runs_.all[i].record = record.run;
  }
  state_.restore(record_.state, states, base_.catalog);
}

Status Supervisor::resume() {
  restore_state();
  say("supervisor " + std::to_string(own_pid_) + " took over, number " +
      std::to_string(base_.generation));
  if (!base_.crash_text.empty())
    say("the supervisor before this one crashed: " + std::exchange(base_.crash_text, {}));
  for (std::uint32_t i = 0; i < runs_.all.size(); ++i) resume_instance(InstanceId{i});
  if (keeper_has_news_) reaper_.keeper_says({.kind = LinkKind::children_changed});
  reaper_.children_changed();
  settle();
  facts_.push_back({.kind = core::EventKind::resumed});
  settle();
  // Carried out before anything is given up that they may want.
  while (!actions_.empty()) carry_out_some();
  logs_.release_untaken();
  return {};
}

/// Opens the process; whether it has ended, and how. One that was our predecessor's is the
/// keeper's now, which is asked and answers at once.
ProcessFound Supervisor::find_process(std::int32_t pid, os::Fd& process, core::LastExit& exit) {
  if (pid == 0) return ProcessFound::none;
  auto opened = os::open_process(pid);
  if (!opened) return ProcessFound::gone;
  process = std::move(*opened);
  if (!send_link(base_.keeper.view(), {.kind = LinkKind::peek, .pid = pid}))
    return ProcessFound::gone;
  const Instant end = os::now() + seconds(5);
  for (Instant now = os::now(); now < end; now = os::now()) {
    std::array<os::Polled, 1> watched{{{base_.keeper.view(), os::readable}}};
    (void)os::poll(watched, end - now);
    const auto received = receive_link(base_.keeper.view());
    if (!received) continue;
    if (received->closed) return ProcessFound::gone;
    const LinkMessage& message = received->message;
    if (message.kind == LinkKind::signal) {
      take_signal({.number = message.number, .sender_pid = message.pid, .sender_uid = message.uid});
    } else if (message.kind == LinkKind::children_changed) {
      keeper_has_news_ = true;
    } else if (message.kind == LinkKind::exit_seen && message.pid == pid) {
      if (message.outcome == PeekOutcome::alive) return ProcessFound::alive;
      if (message.outcome == PeekOutcome::no_child) return ProcessFound::gone;
      exit = exit_of(message);
      return ProcessFound::zombie;
    }
  }
  return ProcessFound::gone;
}

/// Of one that is ready already: it may still tell its status, or another main process.
void Supervisor::resume_notify(InstanceId id, RunId run) {
  const auto service = service_of(id);
  if (!service) return;
  if (const auto watched = readiness_.resume(*service, id, run); !watched)
    say(watched.error().message);
}

/// Of a main process that is alive: it may have been stopped or continued while nobody saw it. What
/// changes from now on the keeper tells, whose child it is.
void Supervisor::tell_whether_stopped(core::Event about) {
  const auto process = os::process_info(about.pid);
  if (!process) return;
  const bool stopped = process->state == 'T';
  about.kind = stopped ? core::EventKind::main_stopped : core::EventKind::main_continued;
  facts_.push_back(about);
}

void Supervisor::resume_instance(InstanceId id) {
  InstanceRecord record{state_.at(id), runs_.at(id).record};
  if (record.run.run == no_run && record.state.run == no_run) return;
  const std::int32_t spawned = base_.ledger.spawned(id, record.state.run);
  const std::int32_t pid = process_to_find(record, spawned);
  os::Fd process;
  core::LastExit exit;
  const ProcessFound found = find_process(pid, process, exit);
  const Decision decision = decide(record, found);
  const bool told_exit =
      decision.tell == Tell::exited || decision.tell == Tell::spawned_then_exited;
  if (decision.attach) {
    runs_.at(id).record.run = record.state.run;
    if (const auto watched = reaper_.watch(id, record.state.run, std::move(process), pid); !watched)
      say(watched.error().message);
  } else if (told_exit || decision.reap) {
    reaper_.adopt_ended(id, record.state.run, std::move(process), pid);
  }
  const bool notifies = decision.attach && record.state.phase == core::Phase::running &&
                        base_.catalog.rules(base_.catalog.service_of(id)).has_probe;
  if (notifies) resume_notify(id, record.state.run);
  core::Event about{.instance = id};
  about.run = record.state.run;
  about.pid = pid;
  for_each_event(decision, about, exit, [&](const core::Event& event) { facts_.push_back(event); });
  if (decision.attach) tell_whether_stopped(about);
  if (decision.release)
    actions_.push({.kind = core::ActionKind::release, .instance = id, .run = record.run.run});
}

}  // namespace stayd::runtime
