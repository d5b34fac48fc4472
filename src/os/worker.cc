// SPDX-License-Identifier: Apache-2.0
#include "os/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/error.h"
#include "os/process.h"

namespace stayd::os {

namespace {

constexpr int least_priority = 19;
constexpr int failed = 125;

bool keep_only(FdView keep) {
  if (keep.number() != kept_descriptor && ::dup2(keep.number(), kept_descriptor) < 0) return false;
  // Refused (seccomp): the child holds copies until it ends, which harms nothing but a pipe's end
  // of file that comes later.
  (void)::syscall(SYS_close_range, kept_descriptor + 1, ~0U, 0);
  return true;
}

void become_worker(const char* name, FdView keep, pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent || !keep_only(keep)) exit_now(failed);
  (void)::setpriority(PRIO_PROCESS, 0, least_priority);
  set_process_name(name);
}

}  // namespace

Result<std::int32_t> fork_worker(const char* name, FdView keep) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return last_error("cannot fork");
  if (pid == 0) become_worker(name, keep, parent);
  return pid;
}

}  // namespace stayd::os
