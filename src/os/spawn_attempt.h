// SPDX-License-Identifier: Apache-2.0
// One try to start a process in one manner: the parent's side of a clone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "os/child_side.h"
#include "os/process.h"
#include "os/spawn.h"

namespace stayd::os {

inline constexpr std::size_t child_stack_size = 32 * 1024;

/// The numbers below table_slots that are ours to lay out what a child is to have. Of the process,
/// as its descriptor table is.
class SpawnSlots {
 public:
  /// Puts placeholders on every free number; those that somebody uses already are left alone.
  /// False: not enough were free. A second call changes nothing.
  static bool occupy();
  /// Whether there are enough for what the plan needs.
  static bool suffice(const SpawnPlan& plan);
  /// Takes the next slot that is not in `avoid` (bit n: number n).
  int take(std::uint64_t avoid);
  /// Puts `fd` there.
  static bool lay(FdView fd, int slot);
  ~SpawnSlots();  ///< puts placeholders back on all that were taken

  SpawnSlots() = default;
  SpawnSlots(const SpawnSlots&) = delete;
  SpawnSlots& operator=(const SpawnSlots&) = delete;

 private:
  std::uint64_t taken_ = 0;
};

struct SpawnManner {
  SpawnWay way = SpawnWay::clone3;
  CgroupWay cgroup_way = CgroupWay::clone_into;
  bool shared_table = true;
  bool shared_memory = true;
};

struct SpawnFailure {
  SpawnStep step = SpawnStep::none;  ///< none: no failure
  int number = 0;
  int detail = 0;
};

class SpawnAttempt {
 public:
  SpawnAttempt(const Spawner& spawner, SpawnPlan& plan, const SpawnManner& manner, char* stack);
  SpawnAttempt(const SpawnAttempt&) = delete;
  SpawnAttempt& operator=(const SpawnAttempt&) = delete;

  /// Clones; a failure is kept for finish.
  void begin();
  /// Waits until the child has executed, or has ended.
  SpawnFailure finish(Spawned& into);
  [[nodiscard]] SpawnPlan& plan() { return plan_; }
  [[nodiscard]] const SpawnManner& manner() const { return manner_; }

 private:
  SpawnFailure prepare();
  SpawnFailure stage_in_slots();
  SpawnFailure stage_in_place();
  SpawnFailure open_report_pipe();
  void choose_traits(const InheritedTraits& inherited);
  void clone();
  [[nodiscard]] bool goes_on() const;
  [[nodiscard]] bool clones_into_cgroup() const;
  void wait_until_executed();
  SpawnFailure why_no_clone() const;
  [[nodiscard]] std::uint64_t pid_destination() const;
  SpawnFailure outcome_of(Spawned& child);
  SpawnFailure outcome_in_memory();
  SpawnFailure outcome_in_pipe();

  SpawnPlan& plan_;
  SpawnManner manner_;
  char* stack_;
  ChildTask task_;
  std::vector<ChildMove> moves_;
  SpawnSlots slots_;
  Fd report_;       ///< to be read
  Fd report_into_;  ///< the child's end
  char oom_score_text_[16];
  SpawnFailure failure_;           ///< before there was a child
  long pid_ = -1;                  ///< or minus errno
  bool dumpable_;                  ///< what we are otherwise
  std::uint32_t before_exec_ = 0;  ///< the kernel clears it when the child leaves our memory
  int pidfd_ = -1;
};

/// What plan.failed_* say, as a clause, with what can be found out about an executable.
std::string failure_clause(const SpawnPlan& plan);

}  // namespace stayd::os
