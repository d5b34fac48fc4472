// SPDX-License-Identifier: Apache-2.0
// Between clone and exec. The child runs on a stack of its own in our memory, beside us (or in a
// copy of our memory): it makes system calls and nothing else. No allocation, no lock, no errno
// (raw_call.h), no TRY, no destructor; it ends in execve or _exit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "os/signals.h"
#include "os/spawn.h"

namespace stayd::os {

/// IOPRIO_WHO_PROCESS of ioprio_get(2). Not from <linux/ioprio.h>: since 6.1.192 Debian's names a
/// parameter `class`, which is no C++.
inline constexpr int io_priority_of_process = 1;

/// A descriptor that has to get from one number to another.
struct ChildMove {
  int from = 0;
  int to = 0;
  bool done = false;
};

/// What the child needs beside the plan, prepared before the clone. Numbers are those of its table.
struct ChildTask {
  SpawnPlan* plan = nullptr;
  ChildMove* moves = nullptr;
  std::size_t move_count = 0;
  int highest_target = 2;
  bool shared_table = false;  ///< to be made private first
  bool write_pid = false;     ///< the kernel does not write plan->pid_at on this way
  int report_pipe = -1;       ///< memory is not shared: a failure is a ChildReport through here
  int executable_fd = -1;
  int cgroup_folder = -1;                ///< to write ourselves into its cgroup.procs
  const char* oom_score_text = nullptr;  ///< nullptr: stays
  std::size_t oom_score_size = 0;
  InheritedTraits reset;
  SignalMask reset_signals = 0;  ///< to their default dispositions
  SignalMask mask_before = 0;    ///< for keep_signals
  volatile bool begun = false;   ///< by the child, first of all: it was not killed at birth
};

struct ChildReport {
  SpawnStep step = SpawnStep::none;
  std::int32_t number = 0;
  std::int32_t detail = 0;
};

/// The system call `number` (clone or clone3) with three arguments; the child, on the stack that
/// they name or on a copy of ours, calls child_main(task). Gives the pid, or minus errno.
extern "C" long stayd_clone(long number, unsigned long first, unsigned long second,
                            unsigned long third, ChildTask* task);

}  // namespace stayd::os
