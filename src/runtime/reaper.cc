// SPDX-License-Identifier: Apache-2.0
#include "runtime/reaper.h"

#include <utility>

namespace stayd::runtime {
namespace {

os::ExitStatus status_of(const LinkMessage& message) {
  return {.pid = message.pid,
          .signalled = message.signalled != 0,
          .core_dumped = message.flag != 0,
          .value = static_cast<std::uint8_t>(message.number)};
}

/// A process ends once, and epoll need not be told that its end was seen.
constexpr std::uint32_t once_readable = os::readable | os::once;

std::uint64_t token_of(InstanceId instance, RunId run) {
  return pack({Source::process, index_of(instance), number_of(run)});
}

RunUsage usage_of(const os::ExitStatus& status) {
  return {.known = true, .cpu = status.cpu, .peak_memory = status.peak_memory};
}

}  // namespace

core::LastExit exit_of(const os::ExitStatus& status) {
  core::LastExit exit;
  exit.kind = status.signalled ? core::ExitKind::signal : core::ExitKind::code;
  exit.core_dumped = status.core_dumped;
  exit.value = status.value;
  return exit;
}

core::LastExit exit_of(const LinkMessage& message) { return exit_of(status_of(message)); }

Status Reaper::watch(InstanceId instance, RunId run, os::Fd process, std::int32_t pid) {
  Run& entry = setting_.runs.at(instance);
  entry.process = std::move(process);
  entry.pid = pid;
  setting_.runs.by_pid.add(pid, instance);
  TRY(setting_.epoll.add(entry.process.view(), once_readable, token_of(instance, run)));
  entry.watched = true;
  return {};
}

void Reaper::adopt_ended(InstanceId instance, RunId run, os::Fd process, std::int32_t pid) {
  Run& entry = setting_.runs.at(instance);
  entry.record.run = run;
  entry.record.exit_noted = 1;
  entry.usage = {};
  entry.process = std::move(process);
  entry.pid = pid;
  noted_.push_back({instance, pid, true});
}

Status Reaper::replace(InstanceId instance, os::Fd process, std::int32_t pid) {
  const RunId run = setting_.runs.at(instance).record.run;
  if (setting_.runs.at(instance).record.exit_noted != 0) return {};
  forget(instance);
  // The one before, should it end, is found as an orphan.
  return watch(instance, run, std::move(process), pid);
}

void Reaper::forget(InstanceId instance) {
  Run& run = setting_.runs.at(instance);
  unwatch(run);
  if (run.pid != 0) setting_.runs.by_pid.remove(run.pid);
  // The kernel takes a while over the last descriptor of a process: after the next start.
  if (forgotten_.size() == most_forgotten) forgotten_.clear();
  forgotten_.push_back(std::move(run.process));
  run.pid = 0;
}

void Reaper::unwatch(Run& run) {
  if (run.watched) setting_.epoll.remove(run.process.view());
  run.watched = false;
}

void Reaper::note(InstanceId instance, const core::LastExit& exit, const RunUsage& usage) {
  Run& run = setting_.runs.at(instance);
  run.record.exit_noted = 1;
  run.usage = usage;
  core::Event event{.kind = core::EventKind::main_exited, .instance = instance};
  event.run = run.record.run;
  event.pid = run.pid;
  event.exit = exit;
  setting_.facts.push_back(event);
}

void Reaper::ask_keeper(LinkKind kind, std::int32_t pid) {
  // A keeper that is gone shows at the link itself, which ends everything.
  (void)send_link(setting_.keeper, {.kind = kind, .pid = pid});
}

void Reaper::process_ready(const Token& token) {
  const InstanceId instance{token.index};
  Run& run = setting_.runs.at(instance);
  if (!run.watched || !is_of(token, number_of(run.record.run))) return;
  const auto waited = os::peek_exit(run.process.view());
  if (!waited || waited->outcome == os::WaitOutcome::alive) {
    // Kernels before 6.15 say so too early when a thread that is not the first one executes.
    (void)setting_.epoll.modify(run.process.view(), once_readable,
                                token_of(instance, run.record.run));
    return;
  }
  run.watched = false;  // epoll has let go of it
  if (waited->outcome == os::WaitOutcome::not_our_child) return ask_keeper(LinkKind::peek, run.pid);
  noted_.push_back({instance, run.pid, false});
  note(instance, exit_of(waited->status), usage_of(waited->status));
}

void Reaper::keeper_says(const LinkMessage& message) {
  if (message.kind == LinkKind::children_changed) return ask_keeper(LinkKind::peek_any, 0);
  if (message.pid == 0 || message.outcome == PeekOutcome::alive) return;
  if (message.outcome == PeekOutcome::stopped || message.outcome == PeekOutcome::continued) {
    note_stop({.pid = message.pid, .signal = message.number});
    return ask_keeper(LinkKind::peek_any, 0);
  }
  const InstanceId instance = setting_.runs.by_pid.find(message.pid);
  const bool lost = message.outcome == PeekOutcome::no_child;
  if (instance == no_instance) {
    if (lost || is_awaited(message.pid)) return;
    if (setting_.orphan) setting_.orphan(status_of(message));
    ask_keeper(LinkKind::reap, message.pid);
    ask_keeper(LinkKind::peek_any, 0);
    return;
  }
  Run& run = setting_.runs.at(instance);
  if (run.record.exit_noted != 0) return;
  unwatch(run);
  noted_.push_back({instance, run.pid, true});
  note(instance, lost ? core::LastExit{.kind = core::ExitKind::unknown} : exit_of(message), {});
}

void Reaper::look() {
  (void)reap();
  forgotten_.clear();
  if (!look_) return;
  while (const auto change = os::next_child_change()) {
    if (const auto* notice = std::get_if<os::StopNotice>(&*change)) {
      note_stop(*notice);
      continue;
    }
    const auto& status = std::get<os::ExitStatus>(*change);
    const InstanceId instance = setting_.runs.by_pid.find(status.pid);
    if (instance != no_instance) {
      Run& run = setting_.runs.at(instance);
      if (run.watched || run.record.exit_noted != 0) return;
      noted_.push_back({instance, run.pid, false});
      return note(instance, exit_of(status), usage_of(status));
    }
    if (is_awaited(status.pid)) return;
    if (setting_.orphan) setting_.orphan(status);
    os::reap_pid(status.pid);
  }
  look_ = false;
}

bool Reaper::is_awaited(std::int32_t pid) const {
  return setting_.is_awaited && setting_.is_awaited(pid);
}

void Reaper::note_stop(const os::StopNotice& notice) {
  const InstanceId instance = setting_.runs.by_pid.find(notice.pid);
  if (instance == no_instance) return;
  core::Event event{.instance = instance};
  event.kind = notice.signal != 0 ? core::EventKind::main_stopped : core::EventKind::main_continued;
  event.run = setting_.runs.at(instance).record.run;
  event.signal = notice.signal;
  setting_.facts.push_back(event);
}

void Reaper::release_noted() {
  bool keepers = false;
  for (const Noted& noted : noted_) {
    Run& run = setting_.runs.at(noted.instance);
    setting_.runs.by_pid.remove(noted.pid);
    run.pid = 0;
    keepers |= noted.keepers;
    if (noted.keepers)
      ask_keeper(LinkKind::reap, noted.pid);
    else
      released_.push_back(noted.pid);
  }
  noted_.clear();
  if (keepers) ask_keeper(LinkKind::peek_any, 0);
}

bool Reaper::reap() {
  if (released_.empty()) return false;
  for (const std::int32_t pid : released_) os::reap_pid(pid);
  released_.clear();
  return true;
}

std::optional<core::LastExit> Reaper::finish(os::FdView process, std::int32_t pid) {
  const auto waited = os::peek_exit(process);
  if (!waited || waited->outcome == os::WaitOutcome::alive) return std::nullopt;
  if (waited->outcome == os::WaitOutcome::ended) {
    os::reap(process);
    return exit_of(waited->status);
  }
  ask_keeper(LinkKind::reap, pid);
  ask_keeper(LinkKind::peek_any, 0);
  return core::LastExit{.kind = core::ExitKind::unknown};
}

}  // namespace stayd::runtime
