// SPDX-License-Identifier: Apache-2.0
// Killing descendants where there is no cgroup: walked again and again until nothing is left.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/process.h"

namespace stayd::os {

/// How a process is known to belong to what is to be killed.
struct TreeTarget {
  std::int32_t root = 0;     ///< every descendant of it, and itself; 0: none
  std::int32_t session = 0;  ///< everything in this session; 0: none
  std::string_view marker;   ///< "STAYD_RUN=17": has it in its environment; empty: none
  std::int32_t spare = 0;    ///< left out, with every descendant of it; 0: none
};

/// The pids of the target's members that are alive now (zombies left out), from one pass over
/// /proc. Never our own process nor an ancestor of it.
std::vector<std::int32_t> members(const TreeTarget& target);

struct KillPass {
  std::uint32_t found = 0;  ///< members seen alive in this pass
  std::uint32_t signalled = 0;
};
/// One pass: opens each member's pidfd, checks that it is still the same process (start time), and
/// signals it. With SIGKILL all are stopped before (SIGSTOP, and RLIMIT_NPROC 0 by prlimit where
/// allowed), looking again until no new one is found, so that they can fork no more meanwhile. To
/// be repeated until `found` is 0.
KillPass kill_members(const TreeTarget& target, int signal);

}  // namespace stayd::os
