// SPDX-License-Identifier: Apache-2.0
#include "os/init_child.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/check.h"
#include "os/clock.h"
#include "os/error.h"
#include "os/kernel_signals.h"
#include "os/pipe.h"
#include "os/retry.h"

namespace stayd::os {
namespace {

/// SIGTTOU is blocked still: a background process may then take the terminal (tcsetpgrp(3)).
void join_group(ChildGroup group) {
  switch (group) {
    case ChildGroup::session:
      setsid();
      ioctl(STDIN_FILENO, TIOCSCTTY, 0);  // refused where another session has the terminal
      break;
    case ChildGroup::group:
      setpgid(0, 0);
      tcsetpgrp(STDIN_FILENO, getpgrp());  // ENOTTY where there is none
      break;
    case ChildGroup::ours: break;
  }
}

[[noreturn]] void become_command(char* const* arguments, const InheritedSignals& before,
                                 FdView report) {
  if ((before.ignored & kernel::bit_of(SIGCHLD)) != 0)
    kernel::set_disposition(SIGCHLD, kernel::Disposition::ignore);
  kernel::exchange_mask(before.blocked);
  execvp(arguments[0], arguments);
  const int number = errno;
  kernel::exchange_mask(kernel::every_signal);  // SIGPIPE, should nobody listen
  (void)!::write(report.number(), &number, sizeof number);
  _exit(127);
}

}  // namespace

InheritedSignals take_all_signals() {
  const InheritedSignals before = inherited_signals();
  kernel::exchange_mask(kernel::every_signal);
  // Ignored, it would make the kernel reap, and lose statuses.
  kernel::set_disposition(SIGCHLD, kernel::Disposition::default_action);
  return before;
}

Result<std::int32_t> start_init_child(char* const* arguments, ChildGroup group,
                                      const InheritedSignals& before) {
  Pipe report = TRY(create_pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return last_error("cannot fork");
  if (pid == 0) {
    join_group(group);
    become_command(arguments, before, report.write_end.view());
  }
  report.write_end.reset();
  int number = 0;
  const ssize_t size =
      retry([&] { return ::read(report.read_end.number(), &number, sizeof number); });
  if (size != sizeof number) return pid;
  retry([&] { return ::waitpid(pid, nullptr, 0); });
  return error_of(number, std::string("cannot execute ") + arguments[0]);
}

bool detach_from_terminal() { return ioctl(STDIN_FILENO, TIOCNOTTY) == 0 && getsid(0) == getpid(); }

int wait_for_signal() {
  sigset_t all;
  sigfillset(&all);
  return retry([&] { return sigwaitinfo(&all, nullptr); });
}

void pass_to_child(std::int32_t child, int signal) {
  ENSURE(child > 1);
  ::kill(child, signal);
}

void pass_to_group_of_child(std::int32_t child, int signal) {
  ENSURE(child > 1);
  ::kill(-child, signal);
}

void await_stop_of_child(std::int32_t child, Duration patience) {
  constexpr std::int64_t second = 1'000'000'000;
  const Instant end = now() + patience;
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  for (Duration left = patience; left.ns > 0; left = end - now()) {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != 0) return;
    const timespec limit{.tv_sec = left.ns / second, .tv_nsec = left.ns % second};
    sigtimedwait(&children, nullptr, &limit);
  }
}

void suspend_ourselves() { ::kill(getpid(), SIGSTOP); }

Status end_with_parent(int signal, std::int32_t parent) {
  if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0)
    return last_error("cannot ask for a signal at the parent's end");
  if (getppid() != parent) ::kill(getpid(), signal);
  return {};
}

}  // namespace stayd::os
