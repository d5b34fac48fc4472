// SPDX-License-Identifier: Apache-2.0
#include "os/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "os/error.h"
#include "os/fd.h"
#include "os/kernel_signals.h"
#include "os/pipe.h"
#include "os/retry.h"

namespace stayd::os {

namespace {

constexpr int pager_signals[] = {SIGINT, SIGQUIT, SIGPIPE};

/// posix_spawn(3) with `input` as standard input and default dispositions; 0 or errno.
int spawn_with_input(char* const* arguments, char* const* environment, FdView input, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : pager_signals) sigaddset(&defaults, signal);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.number(), STDIN_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failed =
      posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

}  // namespace

Result<Pager> Pager::start(char* const* arguments, char* const* environment) {
  const Pipe pipe = TRY(create_pipe());
  pid_t pid = 0;
  if (const int failed = spawn_with_input(arguments, environment, pipe.read_end.view(), pid);
      failed != 0) {
    return error_of(failed, std::string("cannot execute ") + arguments[0]);
  }
  for (const int signal : pager_signals) {
    kernel::set_disposition(signal, kernel::Disposition::ignore);
  }
  Pager pager(pid);
  // Ours alone, so that the pager sees the end; a failure leaves the terminal to both.
  auto output = duplicate_at(pipe.write_end.view(), STDOUT_FILENO);
  if (output) (void)output->release();
  return pager;
}

void Pager::finish() {
  Fd(STDOUT_FILENO).reset();
  (void)fill_standard_streams();
  retry([&] { return ::waitpid(pid_, nullptr, 0); });
}

}  // namespace stayd::os
