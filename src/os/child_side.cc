// SPDX-License-Identifier: Apache-2.0
// Compiled without sanitizers (cmake/stayd.cmake): their checks know the parent's stack only.
#include "os/child_side.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>

#include "os/kernel_signals.h"

// The child must not return through the frame of the function that called clone: that frame is the
// parent's. So the stub does not return in the child, and keeps the task in a register that the
// kernel preserves.
#if defined(__x86_64__)
asm(R"(
  .text
  .globl stayd_clone
  .type stayd_clone, @function
stayd_clone:
  .cfi_startproc
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r9
  xor %r10d, %r10d
  xor %r8d, %r8d
  syscall
  test %rax, %rax
  jz 1f
  ret
1:
  .cfi_undefined %rip
  xor %ebp, %ebp
  mov %r9, %rdi
  and $-16, %rsp
  call stayd_child_main
  hlt
  .cfi_endproc
  .size stayd_clone, . - stayd_clone
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl stayd_clone
  .type stayd_clone, %function
stayd_clone:
  .cfi_startproc
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x6, x4
  mov x3, #0
  mov x4, #0
  svc #0
  cbz x0, 1f
  ret
1:
  .cfi_undefined x30
  mov x29, #0
  mov x30, #0
  mov x0, x6
  bl stayd_child_main
  brk #0
  .cfi_endproc
  .size stayd_clone, . - stayd_clone
)");
#else
#error "stayd_clone has to be written for this processor"
#endif

namespace stayd::os {
namespace {

constexpr int default_timer_slack_ns = 50'000;  // prctl(2), PR_SET_TIMERSLACK

[[noreturn]] void leave(int status) {
  for (;;) raw_call(SYS_exit_group, status);
}

/// Says which step failed with what a system call gave, and ends.
[[noreturn]] void fail(const ChildTask& task, SpawnStep step, long result, int detail = 0) {
  const int number = static_cast<int>(-result);
  if (task.report_pipe >= 0) {
    // Nobody may be listening any more.
    kernel::set_disposition(SIGPIPE, kernel::Disposition::ignore);
    const ChildReport report{.step = step, .number = number, .detail = detail};
    raw_call(SYS_write, task.report_pipe, &report, sizeof report);
  } else {
    task.plan->failed_number = number;
    task.plan->failed_detail = detail;
    task.plan->failed_step = step;
  }
  leave(step == SpawnStep::execute && number == ENOENT ? 127 : 126);
}

void make_table_private(const ChildTask& task) {
  if (!task.shared_table) return;
  const long result = raw_call(SYS_close_range, table_slots, ~0U, CLOSE_RANGE_UNSHARE);
  if (result != 0) fail(task, SpawnStep::private_table, result);
}

void enter_cgroup(const ChildTask& task) {
  if (task.cgroup_folder < 0) return;
  const long file =
      raw_call(SYS_openat, task.cgroup_folder, "cgroup.procs", O_WRONLY | O_CLOEXEC, 0);
  const long result = file < 0 ? file : raw_call(SYS_write, file, "0", 1);
  if (result < 0) fail(task, SpawnStep::cgroup, result);
  raw_call(SYS_close, file);
}

/// CLONE_CLEAR_SIGHAND leaves ignored signals ignored (clone(2)), and exec does too.
void reset_signals(const ChildTask& task) {
  for (SignalMask left = task.reset_signals; left != 0; left &= left - 1) {
    const int signal = __builtin_ctzll(left) + 1;
    const long result = kernel::set_disposition(signal, kernel::Disposition::default_action);
    if (result != 0) fail(task, SpawnStep::signals, result, signal);
  }
}

void make_session(const ChildTask& task) {
  const long result = task.plan->session ? raw_call(SYS_setsid) : raw_call(SYS_setpgid, 0, 0);
  if (result < 0) fail(task, SpawnStep::session, result);
}

bool is_target(const ChildTask& task, int number) {
  for (std::size_t n = 0; n < task.move_count; ++n)
    if (task.moves[n].to == number) return true;
  return false;
}

/// Takes a descriptor that we still need out of the way of those to be placed.
void protect(ChildTask& task, int& number) {
  if (number < 0 || !is_target(task, number)) return;
  const long copy = raw_call(SYS_fcntl, number, F_DUPFD_CLOEXEC, task.highest_target + 1);
  if (copy < 0) fail(task, SpawnStep::descriptors, copy, number);
  number = static_cast<int>(copy);
}

void place(const ChildTask& task, ChildMove& move) {
  const long result = move.from == move.to ? raw_call(SYS_fcntl, move.to, F_SETFD, 0)
                                           : raw_call(SYS_dup3, move.from, move.to, 0);
  if (result < 0) fail(task, SpawnStep::descriptors, result, move.to);
  move.done = true;
}

/// Whether another one is still to be taken from where `move` wants to go.
bool is_blocked(const ChildTask& task, const ChildMove& move) {
  for (std::size_t n = 0; n < task.move_count; ++n) {
    const ChildMove& other = task.moves[n];
    if (&other != &move && !other.done && other.from == move.to) return true;
  }
  return false;
}

/// Places all that can be placed without overwriting what is still needed; false: nothing could.
bool place_unblocked(const ChildTask& task) {
  bool any = false;
  for (std::size_t n = 0; n < task.move_count; ++n) {
    ChildMove& move = task.moves[n];
    if (move.done || is_blocked(task, move)) continue;
    place(task, move);
    any = true;
  }
  return any;
}

/// Only cycles are left: moves the source of one out of its way.
bool break_cycle(const ChildTask& task) {
  for (std::size_t n = 0; n < task.move_count; ++n) {
    ChildMove& move = task.moves[n];
    if (move.done) continue;
    const int source = move.from;
    const long copy = raw_call(SYS_fcntl, source, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) fail(task, SpawnStep::descriptors, copy, move.to);
    for (std::size_t m = 0; m < task.move_count; ++m)
      if (!task.moves[m].done && task.moves[m].from == source)
        task.moves[m].from = static_cast<int>(copy);
    return true;
  }
  return false;
}

void place_descriptors(ChildTask& task) {
  protect(task, task.report_pipe);
  protect(task, task.executable_fd);
  for (int stream = 0; stream <= 2; ++stream)
    if (!is_target(task, stream)) raw_call(SYS_fcntl, stream, F_SETFD, FD_CLOEXEC);
  // All of ours are close-on-exec from birth; this is for what a library may have opened.
  raw_call(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  while (place_unblocked(task) || break_cycle(task)) {
  }
}

void set_limits(const ChildTask& task) {
  for (const PlannedLimit& limit : task.plan->limits) {
    const rlimit64 value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
    const long result = raw_call(SYS_prlimit64, 0, limit.resource, &value, nullptr);
    if (result != 0) fail(task, SpawnStep::limits, result, limit.resource);
  }
}

void set_oom_score(const ChildTask& task) {
  if (task.oom_score_text == nullptr) return;
  const long file =
      raw_call(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
  const long result =
      file < 0 ? file : raw_call(SYS_write, file, task.oom_score_text, task.oom_score_size);
  if (result < 0 && task.plan->oom_score_declared)
    fail(task, SpawnStep::oom_score, result, task.plan->oom_score);
  if (file >= 0) raw_call(SYS_close, file);
}

/// What is not declared is reset as far as we may; what is declared must work.
void set_scheduling(const ChildTask& task) {
  const SpawnPlan& plan = *task.plan;
  if (plan.set_nice || task.reset.nice) {
    const long result = raw_call(SYS_setpriority, PRIO_PROCESS, 0, plan.nice_value);
    if (result != 0 && plan.set_nice) fail(task, SpawnStep::nice_value, result, plan.nice_value);
  }
  if (task.reset.io_priority) raw_call(SYS_ioprio_set, io_priority_of_process, 0, 0);
  if (task.reset.timer_slack) raw_call(SYS_prctl, PR_SET_TIMERSLACK, default_timer_slack_ns);
  if (task.reset.personality) raw_call(SYS_personality, 0);
}

void set_umask(const ChildTask& task) {
  if (task.plan->umask_value >= 0) raw_call(SYS_umask, task.plan->umask_value);
}

/// No capability survives the change to an ordinary user, whatever secure bits were inherited.
void drop_capabilities(const ChildTask& task) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[2] = {};
  const long result = raw_call(SYS_capset, &header, none);
  if (result != 0) fail(task, SpawnStep::verify_ids, result);
}

void set_ids(const ChildTask& task) {
  const SpawnPlan& plan = *task.plan;
  if (!plan.set_ids) return;
  // Keys of whoever started us are not the service's. Refused by seccomp filters of containers,
  // which separate keyrings on their own.
  raw_call(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  long result = raw_call(SYS_setgroups, plan.groups.size(), plan.groups.data());
  if (result != 0) fail(task, SpawnStep::groups, result);
  result = raw_call(SYS_setresgid, plan.gid, plan.gid, plan.gid);
  if (result != 0) fail(task, SpawnStep::group_id, result, static_cast<int>(plan.gid));
  if (plan.uid != 0) raw_call(SYS_prctl, PR_SET_SECUREBITS, SECUREBITS_DEFAULT, 0, 0, 0);
  result = raw_call(SYS_setresuid, plan.uid, plan.uid, plan.uid);
  if (result != 0) fail(task, SpawnStep::user_id, result, static_cast<int>(plan.uid));
  if (plan.uid != 0) drop_capabilities(task);
}

/// An id that was not given up could be taken back.
void verify_ids(const ChildTask& task) {
  const SpawnPlan& plan = *task.plan;
  if (!plan.set_ids || plan.uid == 0) return;
  constexpr long unchanged = -1;
  if (raw_call(SYS_setresuid, unchanged, 0, unchanged) == 0 ||
      (plan.gid != 0 && raw_call(SYS_setresgid, unchanged, 0, unchanged) == 0))
    fail(task, SpawnStep::verify_ids, -EPERM);
}

void enter_directory(const ChildTask& task) {
  const char* directory = task.plan->directory;
  if (directory == nullptr) return;
  const long result = raw_call(SYS_chdir, directory);
  if (result != 0) fail(task, SpawnStep::directory, result);
}

[[noreturn]] void execute(const ChildTask& task) {
  const SpawnPlan& plan = *task.plan;
  kernel::exchange_mask(plan.keep_signals ? task.mask_before : 0);
  const long result = plan.executable != nullptr
                          ? raw_call(SYS_execve, plan.executable, plan.arguments, plan.environment)
                          : raw_call(SYS_execveat, task.executable_fd, "", plan.arguments,
                                     plan.environment, AT_EMPTY_PATH);
  fail(task, SpawnStep::execute, result);
}

}  // namespace

extern "C" [[noreturn]] void stayd_child_main(ChildTask* given);

extern "C" [[noreturn]] void stayd_child_main(ChildTask* given) {
  ChildTask& task = *given;
  task.begun = true;
  if (task.write_pid) *task.plan->pid_at = static_cast<std::int32_t>(raw_call(SYS_getpid));
  make_table_private(task);
  enter_cgroup(task);
  reset_signals(task);
  make_session(task);
  place_descriptors(task);
  set_limits(task);
  set_oom_score(task);
  set_scheduling(task);
  set_umask(task);
  set_ids(task);
  verify_ids(task);
  enter_directory(task);
  execute(task);
}

}  // namespace stayd::os
