// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/keeper.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "app/keeper/keeper_process.h"
#include "app/keeper/take_down.h"
#include "base/text.h"
#include "os/allocator.h"
#include "os/cgroup.h"
#include "os/clock.h"
#include "os/console.h"
#include "os/epoll.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/poll.h"
#include "os/socket.h"

namespace stayd::app {

using runtime::Held;
using runtime::LinkKind;
using runtime::PeekOutcome;

namespace {

// signal(7): those that the keeper treats itself, on all architectures of ours.
constexpr int sig_hangup = 1, sig_interrupt = 2, sig_quit = 3, sig_terminate = 15, sig_child = 17,
              sig_continue = 18, sig_terminal_stop = 20, sig_terminal_in = 21,
              sig_terminal_out = 22;

constexpr int own_failure = 125;
constexpr Duration killing_takes = seconds(10);  // beyond it, something hangs in the kernel
constexpr Duration draining_takes = seconds(5);

bool asks_to_end(int signal) {
  return signal == sig_terminate || signal == sig_interrupt || signal == sig_quit ||
         signal == sig_hangup;
}

std::string how_it_ended(const os::ExitStatus& exit) {
  if (!exit.signalled) return "ended by itself with status " + std::to_string(exit.value);
  return "was killed by " + signal_name(exit.value) + (exit.core_dumped ? ", core dumped" : "");
}

int exit_status_of(const os::ExitStatus& exit) {
  if (exit.signalled) return 128 + exit.value;
  return exit.value == 0 ? own_failure : exit.value;
}

}  // namespace

void say(const std::string& text) {
  const std::string line = "stayd: " + text + "\n";
  (void)os::ConsoleDevice::open(2).write(line);
}

int Keeper::run() {
  if (const auto started = start_supervisor(); !started) return cannot_start(started.error());
  while (true) {
    wait();
    read_requests();
    auto status = look_at_supervisor();
    if (!status) status = read_signals();
    if (status) {
      take_down();
      return *status;
    }
    if (supervisor_.link.valid() && !outbox_.flush(supervisor_.link.view())) {
      supervisor_.link.reset();
    }
  }
}

void Keeper::wait() {
  const auto wanted = outbox_.empty() ? os::readable : os::readable | os::writable;
  os::Polled watched[] = {{supervisor_.process.view(), os::readable},
                          {supervisor_.link.view(), wanted},
                          {outbox_.takes_signals() ? signals_.fd() : os::FdView(), os::readable}};
  Duration limit{-1};
  if (start_at_ != Instant::never()) limit = std::max(start_at_ - os::now(), Duration{});
  if (const auto polled = os::poll(watched, limit); !polled) say(polled.error().message);
}

// ---- the supervisor's requests

void Keeper::read_requests() {
  while (supervisor_.link.valid()) {
    auto received = runtime::receive_link(supervisor_.link.view());
    if (!received) {
      if (received.error().number != EAGAIN) say(received.error().message);
      return;
    }
    if (received->closed) {
      supervisor_.link.reset();
      return;
    }
    handle(std::move(*received));
  }
}

void Keeper::handle(runtime::LinkReceived received) {
  const auto& message = received.message;
  switch (message.kind) {
    case LinkKind::hold: return hold(received);
    case LinkKind::started:
      supervisor_.resumed = true;
      report("started\n");
      return os::release_startup_memory();
    case LinkKind::peek: return peek(message.pid);
    case LinkKind::peek_any: return peek_any();
    case LinkKind::reap:
      if (message.pid > 0 && message.pid != supervisor_.pid) os::reap_pid(message.pid);
      return;
    case LinkKind::leaving: supervisor_.leaving = message.number; return;
    case LinkKind::welcome:
    case LinkKind::signal:
    case LinkKind::exit_seen:
    case LinkKind::children_changed: return;  // ours to say
  }
}

void Keeper::hold(runtime::LinkReceived& received) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < runtime::held_count; ++i) {
    if ((received.message.present >> i & 1U) == 0 || next >= received.descriptor_count) continue;
    held_[i] = std::move(received.descriptors[next++]);
  }
}

void Keeper::answer(runtime::LinkMessage message) {
  message.kind = LinkKind::exit_seen;
  // Only a supervisor that asks and does not read makes us wait (runtime/keeper_link.h).
  while (outbox_.full()) {
    if (!os::wait_writable(supervisor_.link.view()) || !outbox_.flush(supervisor_.link.view())) {
      return;
    }
  }
  outbox_.add(message);
}

namespace {

runtime::LinkMessage seen(const os::ExitStatus& exit) {
  return {.outcome = PeekOutcome::ended,
          .flag = static_cast<std::uint8_t>(exit.core_dumped),
          .signalled = static_cast<std::uint8_t>(exit.signalled),
          .pid = exit.pid,
          .number = exit.value};
}

}  // namespace

void Keeper::peek(std::int32_t pid) {
  if (pid <= 0) return answer({.outcome = PeekOutcome::no_child, .pid = pid});
  const auto found = os::peek_exit_of(pid);
  switch (found.outcome) {
    case os::WaitOutcome::alive: return answer({.outcome = PeekOutcome::alive, .pid = pid});
    case os::WaitOutcome::ended: return answer(seen(found.status));
    case os::WaitOutcome::not_our_child:
      return answer({.outcome = PeekOutcome::no_child, .pid = pid});
  }
}

void Keeper::peek_any() {
  while (const auto change = os::next_child_change()) {
    if (const auto* status = std::get_if<os::ExitStatus>(&*change)) {
      if (status->pid == supervisor_.pid) break;  // nobody is there to hear more
      return answer(seen(*status));
    }
    const auto& notice = std::get<os::StopNotice>(*change);
    if (notice.pid == supervisor_.pid) continue;
    const auto outcome = notice.signal != 0 ? PeekOutcome::stopped : PeekOutcome::continued;
    return answer({.outcome = outcome, .pid = notice.pid, .number = notice.signal});
  }
  answer({.outcome = PeekOutcome::no_child});
}

// ---- the supervisor's end

std::optional<int> Keeper::look_at_supervisor() {
  if (!supervisor_.process.valid()) {
    if (os::now() >= start_at_) start_again();
    return std::nullopt;
  }
  const auto waited = os::peek_exit(supervisor_.process.view());
  if (!waited || waited->outcome == os::WaitOutcome::alive) return std::nullopt;
  read_requests();  // its last words may have come after we looked
  os::reap(supervisor_.process.view());
  const bool resumed = supervisor_.resumed;
  const auto leaving = supervisor_.leaving;
  supervisor_ = Supervisor{};
  if (leaving) return leaving;
  return supervisor_died(waited->status,
                         resumed ? Pacer::Life::resumed : Pacer::Life::never_resumed);
}

std::optional<int> Keeper::supervisor_died(const os::ExitStatus& exit, Pacer::Life life) {
  const bool never_worked = generation_ == 1 && life == Pacer::Life::never_resumed;
  if (never_worked && !exit.signalled) {  // it has said why
    report("the supervisor could not start\n");
    return exit_status_of(exit);
  }
  if (settings_.when_supervisor_dies == model::WhenSupervisorDies::kill) {
    take_down();
    const auto* crash = ledger_.crash_text();
    const std::string why(crash, ::strnlen(crash, runtime::crash_text_bytes));
    report("the supervisor " + how_it_ended(exit) + "\n");
    say("the supervisor " + how_it_ended(exit) + (why.empty() ? "" : ": " + why) +
        "; all that it had started was killed");
    return exit_status_of(exit);
  }
  outbox_.keep_signals_only();
  const Duration delay = pacer_.after_end(os::now(), life);
  start_at_ = os::now() + delay;
  if (delay.ns == 0) {
    start_again();
  } else {
    say("the supervisor " + how_it_ended(exit) +
        "; services go on, the next supervisor follows in " + format_duration_short(delay));
  }
  return std::nullopt;
}

void Keeper::start_again() {
  const auto started = start_supervisor();
  if (started || supervisor_.process.valid()) return;
  const Duration delay =
      std::max(pacer_.after_end(os::now(), Pacer::Life::never_resumed), milliseconds(250));
  start_at_ = os::now() + delay;
  say("cannot start the next supervisor: " + started.error().message + "; again in " +
      format_duration_short(delay));
}

// ---- signals

std::optional<int> Keeper::read_signals() {
  while (outbox_.takes_signals()) {
    const auto signal = signals_.next();
    if (!signal) return std::nullopt;
    if (const auto status = handle_signal(*signal)) return status;
  }
  return std::nullopt;
}

std::optional<int> Keeper::handle_signal(const os::SignalInfo& signal) {
  switch (signal.number) {
    case sig_child: outbox_.add_children_changed(); return std::nullopt;
    case sig_terminal_stop:
      if (settings_.foreground) os::stop_self();
      return std::nullopt;
    case sig_terminal_in:
    case sig_terminal_out:
    case sig_continue: return std::nullopt;
    default: break;
  }
  if (!supervisor_.process.valid() && asks_to_end(signal.number)) {
    say(signal_name(signal.number) + " while no supervisor is there: all is killed");
    return 128 + signal.number;
  }
  outbox_.add({.kind = LinkKind::signal,
               .flag = static_cast<std::uint8_t>(signal.from_kernel),
               .pid = signal.sender_pid,
               .number = signal.number,
               .uid = signal.sender_uid});
  return std::nullopt;
}

// ---- the end

void Keeper::report(std::string_view line) {
  if (!report_.valid()) return;
  (void)os::write_all(report_.view(), line);
  report_.reset();
}

int Keeper::cannot_start(const Error& error) {
  const std::string why = "cannot start the supervisor: " + error.message;
  say(why);
  report(why + "\n");
  remove_files();
  return own_failure;
}

void Keeper::take_down() {
  runtime::SupervisorRecord record;
  (void)ledger_.read(record);
  const TakeDown all{.cgroup = held(Held::cgroup).view(),
                     .log_writer = record.log_writer_pid,
                     .signals = &signals_};
  if (const auto left = kill_everything(all, killing_takes); left > 0) {
    say(std::to_string(left) + " processes do not die: they hang in the kernel (state D)");
  }
  remove_cgroup();
  // It ends when nobody can send it anything any more, and has then drained what there was.
  held(Held::log_ours).reset();
  held(Held::log_theirs).reset();
  await_log_writer(all, draining_takes);
  remove_files();
}

/// The base that a supervisor which was killed could not remove (runtime/containment.h). It is
/// below our own cgroup; a supervisor that ended by itself has removed it, and then one of that
/// name is another's.
void Keeper::remove_cgroup() {
  const std::string name = "stayd." + settings_.name;
  const auto ours = os::status_of(held(Held::cgroup).view());
  const auto own = os::Cgroup::own();
  if (!ours || !own) return;
  const auto named = own->open_child(name);
  if (named && named->id() == ours->inode) (void)own->remove_child_tree(name);
  held(Held::cgroup).reset();  // only now: another supervisor may wait for its lock
}

void Keeper::remove_files() const {
  if (!lock_.valid() || settings_.runtime_dir.empty()) return;
  // The lock's file goes last and under the lock: whoever waits for it looks whether it is still
  // the one of that name (app/cli/lock.h).
  (void)os::remove_socket(settings_.runtime_dir + "/control");
  (void)os::remove_folder(settings_.runtime_dir + "/notify");
  (void)os::remove_file(settings_.runtime_dir + "/lock");
  (void)os::remove_folder(settings_.runtime_dir);
}

int keeper_main() {
  (void)os::fill_standard_streams();
  os::set_process_name("stayd-keeper");
  (void)os::reset_dispositions();
  (void)os::block_signals();
  auto keeper = Keeper::create();
  if (!keeper) {
    say("cannot start: " + keeper.error().message);
    return own_failure;
  }
  return keeper->run();
}

}  // namespace stayd::app
