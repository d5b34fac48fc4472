// SPDX-License-Identifier: Apache-2.0
#include "os/spawn_attempt.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <utility>

#include "base/check.h"
#include "os/kernel_signals.h"
#include "os/pipe.h"
#include "os/raw_call.h"
#include "os/retry.h"

namespace stayd::os {
namespace {

constexpr int remote_exec_patience_ms = 100;
constexpr auto by_pidfd = static_cast<idtype_t>(3);  // P_PIDFD (waitid(2), kernel 5.4)

// The slots are the process's, as its table is.
std::uint64_t g_slots = 0;
std::uint64_t g_taken_slots = 0;  ///< by the starts that are under way
int g_placeholder = -1;  ///< a slot that is never laid out: copies of it mark the others as taken

constexpr std::uint64_t bit(int number) { return std::uint64_t{1} << number; }

std::uint64_t numbers_of(std::span<const PlannedDescriptor> descriptors) {
  std::uint64_t numbers = 0;
  for (const PlannedDescriptor& each : descriptors)
    if (each.to < table_slots) numbers |= bit(each.to);
  return numbers;
}

bool copy_to(int from, int to) {
  return retry([=] { return ::dup3(from, to, O_CLOEXEC); }) >= 0;
}

/// The kernel's struct clone_args, version 2 (clone(2), kernel 5.7).
clone_args arguments_for(unsigned long long flags, char* stack) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  if (stack != nullptr) {
    arguments.stack = reinterpret_cast<std::uint64_t>(stack);
    arguments.stack_size = child_stack_size;
  }
  return arguments;
}

long call_clone3(clone_args& arguments, ChildTask& task) {
  return stayd_clone(SYS_clone3, reinterpret_cast<unsigned long>(&arguments), sizeof arguments, 0,
                     &task);
}

/// A vfork child ends the wait for it a moment before it can be reaped.
void wait_for_end(FdView process) {
  siginfo_t info{};
  retry([&] {
    return waitid(by_pidfd, static_cast<id_t>(process.number()), &info, WEXITED | __WALL);
  });
}

bool is_about_the_cgroup(int number) {
  return number == ENOENT || number == ENODEV || number == EBADF || number == EACCES ||
         number == EBUSY || number == EOPNOTSUPP;
}

}  // namespace

bool SpawnSlots::occupy() {
  if (g_placeholder >= 0) return true;
  std::uint64_t free = 0;
  for (int number = 3; number < table_slots; ++number)
    if (!is_open(number)) free |= bit(number);
  constexpr int least_slots = 8;
  if (__builtin_popcountll(free) < least_slots || !os::occupy(3, table_slots - 1)) return false;
  g_placeholder = table_slots - 1 - __builtin_clzll(free);
  g_slots = free & ~bit(g_placeholder);
  return true;
}

bool SpawnSlots::suffice(const SpawnPlan& plan) {
  constexpr std::size_t executable_and_cgroup = 2;
  const std::uint64_t usable = g_slots & ~g_taken_slots & ~numbers_of(plan.descriptors);
  return static_cast<std::size_t>(__builtin_popcountll(usable)) >=
         plan.descriptors.size() + executable_and_cgroup;
}

int SpawnSlots::take(std::uint64_t avoid) {
  const std::uint64_t left = g_slots & ~g_taken_slots & ~avoid;
  if (left == 0) return -1;
  const int slot = __builtin_ctzll(left);
  taken_ |= bit(slot);
  g_taken_slots |= bit(slot);
  return slot;
}

bool SpawnSlots::lay(FdView fd, int slot) { return copy_to(fd.number(), slot); }

SpawnSlots::~SpawnSlots() {
  for (std::uint64_t left = taken_; left != 0; left &= left - 1)
    copy_to(g_placeholder, __builtin_ctzll(left));
  g_taken_slots &= ~taken_;
}

SpawnAttempt::SpawnAttempt(const Spawner& spawner, SpawnPlan& plan, const SpawnManner& manner,
                           char* stack)
    : plan_(plan), manner_(manner), stack_(stack), dumpable_(spawner.dumpable_) {
  task_.plan = &plan_;
  task_.shared_table = manner_.shared_table;
  task_.write_pid = manner_.way != SpawnWay::clone3 && plan_.pid_at != nullptr;
  choose_traits(spawner.inherited_);
}

void SpawnAttempt::choose_traits(const InheritedTraits& inherited) {
  if (!plan_.keep_signals) {
    task_.reset = inherited;
    // clone3 clears handlers; else ours would run in the child between unblocking and exec.
    const bool clears_handlers = manner_.way == SpawnWay::clone3;
    task_.reset_signals = clears_handlers ? inherited.ignored_signals
                                          : kernel::every_signal & ~kernel::bit_of(SIGKILL) &
                                                ~kernel::bit_of(SIGSTOP);
  }
  if (!plan_.set_oom_score) return;
  if (inherited.oom_score_known && inherited.oom_score == plan_.oom_score) return;
  const auto end =
      std::to_chars(oom_score_text_, oom_score_text_ + sizeof oom_score_text_, plan_.oom_score);
  task_.oom_score_text = oom_score_text_;
  task_.oom_score_size = static_cast<std::size_t>(end.ptr - oom_score_text_);
}

/// Lays out what the child is to have in the shared table's first slots.
SpawnFailure SpawnAttempt::stage_in_slots() {
  const std::uint64_t targets = numbers_of(plan_.descriptors);
  const auto lay = [&](FdView fd, int detail, int& number) -> SpawnFailure {
    number = slots_.take(targets);
    ENSURE(number >= 0);  // they suffice
    if (!SpawnSlots::lay(fd, number)) return {SpawnStep::descriptors, errno, detail};
    return {};
  };
  for (const PlannedDescriptor& each : plan_.descriptors) {
    ChildMove move{.from = -1, .to = each.to};
    const SpawnFailure failure = lay(each.from, each.to, move.from);
    if (failure.step != SpawnStep::none) return failure;
    moves_.push_back(move);
  }
  SpawnFailure failure;
  if (plan_.executable == nullptr) failure = lay(plan_.executable_fd, -1, task_.executable_fd);
  if (failure.step == SpawnStep::none && task_.cgroup_folder >= 0)
    failure = lay(plan_.cgroup, -1, task_.cgroup_folder);
  return failure;
}

SpawnFailure SpawnAttempt::stage_in_place() {
  for (const PlannedDescriptor& each : plan_.descriptors)
    moves_.push_back({.from = each.from.number(), .to = each.to});
  if (plan_.executable == nullptr) task_.executable_fd = plan_.executable_fd.number();
  return {};
}

SpawnFailure SpawnAttempt::open_report_pipe() {
  Result<Pipe> pipe = create_pipe();
  if (!pipe) return {SpawnStep::clone, pipe.error().number, 0};
  report_ = std::move(pipe->read_end);
  report_into_ = std::move(pipe->write_end);
  task_.report_pipe = report_into_.number();
  return {};
}

std::uint64_t SpawnAttempt::pid_destination() const {
  return reinterpret_cast<std::uint64_t>(plan_.pid_at);
}

/// Whether we go on beside the child; else clone returns when it has executed (vfork). An OOM score
/// is written for all who share the memory, but by a vfork child for itself alone (proc(5); the
/// kernel's __set_oom_adj): ours would change with it.
bool SpawnAttempt::goes_on() const {
  return manner_.shared_memory && manner_.way == SpawnWay::clone3 &&
         task_.oom_score_text == nullptr;
}

bool SpawnAttempt::clones_into_cgroup() const {
  return plan_.cgroup.valid() && task_.cgroup_folder < 0;
}

/// CLONE_CHILD_CLEARTID (clone(2), set_tid_address(2)): at the child's exec or end the kernel
/// clears the word and wakes who waits for it, as it ends the wait for a vfork child. Where clone
/// has waited itself, the word is 0.
void SpawnAttempt::wait_until_executed() {
  const std::atomic_ref<std::uint32_t> word(before_exec_);
  while (word.load(std::memory_order_acquire) != 0)
    raw_call(SYS_futex, &before_exec_, FUTEX_WAIT, 1, nullptr);
}

/// All signals are blocked meanwhile: a handler of ours must not run in the child.
void SpawnAttempt::clone() {
  unsigned long long flags = 0;
  if (manner_.shared_memory) flags |= CLONE_VM;
  if (manner_.shared_memory && !goes_on()) flags |= CLONE_VFORK;
  if (manner_.shared_table) flags |= CLONE_FILES;
  char* const stack = manner_.shared_memory ? stack_ : nullptr;
  const auto top = stack == nullptr ? 0 : reinterpret_cast<unsigned long>(stack + child_stack_size);
  task_.mask_before = kernel::exchange_mask(kernel::every_signal);
  switch (manner_.way) {
    case SpawnWay::clone3: {
      clone_args arguments = arguments_for(flags | CLONE_PIDFD, stack);
      arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd_);
      if (goes_on()) {
        before_exec_ = 1;
        arguments.flags |= CLONE_CHILD_CLEARTID;
        arguments.child_tid = reinterpret_cast<std::uint64_t>(&before_exec_);
      }
      if (!plan_.keep_signals) arguments.flags |= CLONE_CLEAR_SIGHAND;
      if (plan_.pid_at != nullptr) {
        arguments.flags |= CLONE_PARENT_SETTID;
        arguments.parent_tid = pid_destination();
      }
      if (clones_into_cgroup()) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<unsigned>(plan_.cgroup.number());
      }
      pid_ = call_clone3(arguments, task_);
      break;
    }
    case SpawnWay::clone:  // the pidfd comes where the pid would
      pid_ = stayd_clone(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, top,
                         reinterpret_cast<unsigned long>(&pidfd_), &task_);
      break;
    case SpawnWay::fork: pid_ = stayd_clone(SYS_clone, SIGCHLD, 0, 0, &task_); break;
  }
  kernel::exchange_mask(task_.mask_before);
}

SpawnFailure SpawnAttempt::outcome_in_memory() {
  // It has left our memory without having run: that is how a killed one does.
  if (clones_into_cgroup() && !task_.begun) return {SpawnStep::cgroup, killed_at_birth, 0};
  return {plan_.failed_step, plan_.failed_number, plan_.failed_detail};
}

/// End of file: the child has executed. Nothing for a while: it is stuck in a remote file system.
SpawnFailure SpawnAttempt::outcome_in_pipe() {
  report_into_.reset();
  pollfd waited{.fd = report_.number(), .events = POLLIN, .revents = 0};
  const int patience = plan_.local_executable ? -1 : remote_exec_patience_ms;
  if (retry([&] { return ::poll(&waited, 1, patience); }) <= 0) return {};
  ChildReport report;
  const ssize_t size = retry([&] { return ::read(report_.number(), &report, sizeof report); });
  if (size != sizeof report) return {};
  return {report.step, report.number, report.detail};
}

SpawnFailure SpawnAttempt::prepare() {
  if (plan_.cgroup.valid() && manner_.cgroup_way == CgroupWay::write_procs)
    task_.cgroup_folder = plan_.cgroup.number();
  moves_.reserve(plan_.descriptors.size());
  SpawnFailure failure = manner_.shared_table ? stage_in_slots() : stage_in_place();
  if (failure.step == SpawnStep::none && !manner_.shared_memory) failure = open_report_pipe();
  task_.moves = moves_.data();
  task_.move_count = moves_.size();
  for (const ChildMove& move : moves_)
    task_.highest_target = std::max(task_.highest_target, move.to);
  return failure;
}

void SpawnAttempt::begin() {
  failure_ = prepare();
  if (failure_.step != SpawnStep::none) return;
  plan_.failed_step = SpawnStep::none;
  clone();
  if (pid_ < 0) failure_ = why_no_clone();
}

SpawnFailure SpawnAttempt::why_no_clone() const {
  const int number = static_cast<int>(-pid_);
  const bool is_cgroup = clones_into_cgroup() && is_about_the_cgroup(number);
  return {is_cgroup ? SpawnStep::cgroup : SpawnStep::clone, number, 0};
}

SpawnFailure SpawnAttempt::finish(Spawned& into) {
  if (failure_.step != SpawnStep::none) return failure_;
  wait_until_executed();
  // A child that shares our memory and changes its user has made all of it undumpable.
  if (plan_.set_ids && dumpable_) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  into.pid = static_cast<std::int32_t>(pid_);
  if (plan_.pid_at != nullptr) *plan_.pid_at = into.pid;
  into.process = Fd(std::exchange(pidfd_, -1));
  return outcome_of(into);
}

SpawnFailure SpawnAttempt::outcome_of(Spawned& child) {
  if (!child.process.valid()) {  // the way of fork, or a kernel before 5.2
    Result<Fd> opened = open_process(child.pid);
    if (!opened) {
      ::kill(child.pid, SIGKILL);  // by number, but not reaped yet: it is the one
      retry([&] { return ::waitpid(child.pid, nullptr, __WALL); });
      return {SpawnStep::clone, opened.error().number, 0};
    }
    child.process = std::move(*opened);
  }
  const SpawnFailure failure = manner_.shared_memory ? outcome_in_memory() : outcome_in_pipe();
  if (failure.step != SpawnStep::none) wait_for_end(child.process.view());
  return failure;
}

}  // namespace stayd::os
