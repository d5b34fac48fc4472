// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/take_down.h"

#include "os/clock.h"
#include "os/epoll.h"
#include "os/poll.h"
#include "os/proc_files.h"
#include "os/process.h"
#include "os/process_tree.h"

namespace stayd::app {
namespace {

constexpr int kill_signal = 9;
constexpr Duration between_passes = milliseconds(5);

void kill_cgroup(os::FdView folder) {
  // Before kernel 5.14 there is no such file: the walk over processes does it then.
  if (folder.valid()) (void)os::write_small_file(folder, "cgroup.kill", "1");
}

bool is_populated(os::FdView folder) {
  if (!folder.valid()) return false;
  const auto events = os::read_small_file(folder, "cgroup.events");
  return events && events->find("populated 1") != std::string::npos;
}

/// Takes every zombie; true if any child is left that is not the log writer.
bool reap_ended(std::int32_t log_writer) {
  while (const auto ended = os::peek_any_exit()) {
    os::reap_pid(ended->pid);
    if (ended->pid == log_writer) log_writer = 0;
  }
  if (!os::has_children()) return false;
  return log_writer == 0 || os::peek_exit_of(log_writer).outcome == os::WaitOutcome::not_our_child;
}

/// Until a child has ended, or a little while.
void pause_for_child(const TakeDown& what, Duration most) {
  os::Polled signals{what.signals->fd(), os::readable};
  (void)os::poll({&signals, 1}, most);
  while (what.signals->next()) {
  }
}

}  // namespace

std::uint32_t kill_everything(const TakeDown& what, Duration limit) {
  const Instant give_up = os::now() + limit;
  (void)reap_ended(what.log_writer);
  if (!os::has_children() && !is_populated(what.cgroup)) return 0;
  while (true) {
    kill_cgroup(what.cgroup);
    const auto pass =
        os::kill_members({.root = os::own_pid(), .spare = what.log_writer}, kill_signal);
    const bool child_left = reap_ended(what.log_writer);
    if (pass.found == 0 && !is_populated(what.cgroup) && !child_left) return 0;
    if (os::now() >= give_up) return pass.found;
    pause_for_child(what, between_passes);
  }
}

void await_log_writer(const TakeDown& what, Duration limit) {
  if (what.log_writer == 0) return;
  const Instant give_up = os::now() + limit;
  while (true) {
    const auto seen = os::peek_exit_of(what.log_writer);
    if (seen.outcome != os::WaitOutcome::alive) break;
    if (os::now() >= give_up) {
      (void)kill_everything({.cgroup = {}, .signals = what.signals}, limit);
      return;
    }
    pause_for_child(what, give_up - os::now());
  }
  os::reap_pid(what.log_writer);
}

}  // namespace stayd::app
