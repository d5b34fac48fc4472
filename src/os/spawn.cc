// SPDX-License-Identifier: Apache-2.0
#include "os/spawn.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "os/error.h"
#include "os/proc_files.h"
#include "os/signals.h"
#include "os/spawn_attempt.h"

namespace stayd::os {
namespace {

constexpr unsigned long default_timer_slack_ns = 50'000;  // prctl(2), PR_SET_TIMERSLACK

bool table_is_large_enough() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= least_limit_for_slots;
}

/// close_range(2) has CLOSE_RANGE_CLOEXEC since kernel 5.11.
void close_all_on_exec() {
  if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) == 0) return;
  const auto end = static_cast<int>(std::min<std::uint64_t>(descriptor_limit(), 1u << 16));
  for (int number = 3; number < end; ++number)
    if (is_open(number)) (void)close_on_exec(FdView(number));
}

InheritedTraits look_at_ourselves() {
  InheritedTraits traits;
  errno = 0;
  traits.nice = getpriority(PRIO_PROCESS, 0) != 0 && errno == 0;
  traits.io_priority = syscall(SYS_ioprio_get, io_priority_of_process, 0) > 0;
  const long slack = syscall(SYS_prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
  traits.timer_slack = slack > 0 && static_cast<unsigned long>(slack) != default_timer_slack_ns;
  traits.personality = personality(0xffffffff) > 0;
  traits.ignored_signals = inherited_signals().ignored;
  if (const Result<std::string> score = read_proc_file(0, "oom_score_adj", 32)) {
    traits.oom_score_known = true;
    traits.oom_score = std::atoi(score->c_str());
  }
  return traits;
}

/// With an unmapped page below, so that an overflow does not go unseen.
Result<char*> make_stack() {
  constexpr std::size_t guard = 4096;
  void* memory = mmap(nullptr, guard + child_stack_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return last_error("cannot make a stack for children");
  mprotect(memory, guard, PROT_NONE);
  return static_cast<char*>(memory) + guard;
}

/// How to go on after a refusal; false: not at all, it is the answer.
bool fall_back(SpawnManner& manner, const SpawnFailure& failure, bool wants_cgroup) {
  if (failure.step == SpawnStep::private_table) {
    manner.shared_table = false;
    return true;
  }
  if (failure.step != SpawnStep::clone && failure.step != SpawnStep::cgroup) return false;
  const int number = failure.number;
  const bool is_refusal = number == ENOSYS || number == EPERM || number == EINVAL;
  switch (manner.way) {
    case SpawnWay::clone3:
      // E2BIG: a kernel before 5.7, which does not know the field. EBUSY: see clone(2).
      if (wants_cgroup && manner.cgroup_way == CgroupWay::clone_into &&
          (number == EINVAL || number == E2BIG || number == EBUSY)) {
        manner.cgroup_way = CgroupWay::write_procs;
        return true;
      }
      if (!is_refusal && number != E2BIG) return false;
      manner.way = SpawnWay::clone;
      manner.cgroup_way = CgroupWay::write_procs;
      return true;
    case SpawnWay::clone:
      if (!is_refusal) return false;
      manner.way = SpawnWay::fork;
      manner.shared_table = false;
      manner.shared_memory = false;
      return true;
    case SpawnWay::fork: return false;
  }
  return false;
}

}  // namespace

Result<Spawner> Spawner::create() {
  Spawner spawner;
  for (char*& stack : spawner.stacks_) stack = TRY(make_stack());
  spawner.dumpable_ = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
  close_all_on_exec();
  spawner.inherited_ = look_at_ourselves();
  spawner.abilities_.shared_table = table_is_large_enough() && SpawnSlots::occupy();
  return spawner;
}

Spawner::Spawner() = default;
Spawner::Spawner(Spawner&&) noexcept = default;
Spawner& Spawner::operator=(Spawner&&) noexcept = default;
Spawner::~Spawner() = default;

Result<Spawned> Spawner::spawn(SpawnPlan& plan) {
  ENSURE(under_way_count_ == 0);
  begin(plan);
  return finish();
}

void Spawner::begin(SpawnPlan& plan) {
  ENSURE(under_way_count_ < most_under_way);
  const bool shared_memory = abilities_.way != SpawnWay::fork && plan.local_executable;
  const SpawnManner manner{
      .way = abilities_.way,
      .cgroup_way = abilities_.cgroup_way,
      .shared_table = shared_memory && abilities_.shared_table && SpawnSlots::suffice(plan),
      .shared_memory = shared_memory};
  const std::size_t place = (first_under_way_ + under_way_count_) % most_under_way;
  under_way_[place] = std::make_unique<SpawnAttempt>(*this, plan, manner, stacks_[place]);
  ++under_way_count_;
  under_way_[place]->begin();
}

Result<Spawned> Spawner::finish() {
  ENSURE(under_way_count_ > 0);
  std::unique_ptr<SpawnAttempt>& attempt = under_way_[first_under_way_];
  char* const stack = stacks_[first_under_way_];
  first_under_way_ = (first_under_way_ + 1) % most_under_way;
  --under_way_count_;
  SpawnPlan& plan = attempt->plan();
  SpawnManner manner = attempt->manner();
  int refusal = 0;
  for (;;) {
    Spawned spawned;
    const SpawnFailure failure = attempt->finish(spawned);
    attempt.reset();
    if (failure.step == SpawnStep::private_table) abilities_.shared_table = false;
    if (fall_back(manner, failure, plan.cgroup.valid())) {
      if (refusal == 0) refusal = failure.number;
      attempt = std::make_unique<SpawnAttempt>(*this, plan, manner, stack);
      attempt->begin();
      continue;
    }
    if (refusal != 0 && failure.step != SpawnStep::clone) remember(manner, refusal);
    plan.failed_step = failure.step;
    plan.failed_number = failure.number;
    plan.failed_detail = failure.detail;
    if (failure.step == SpawnStep::none) return spawned;
    if (plan.pid_at != nullptr) *plan.pid_at = 0;
    return std::unexpected(Error{failure.number, failure_clause(plan)});
  }
}

void Spawner::remember(const SpawnManner& manner, int refusal) {
  abilities_.way = manner.way;
  abilities_.cgroup_way = manner.cgroup_way;
  abilities_.refusal = refusal;
}

}  // namespace stayd::os
