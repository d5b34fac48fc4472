// SPDX-License-Identifier: Apache-2.0
// A child of ours that does one piece of work beside us: fork(2), no exec.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// The number of fork_worker()'s `keep` in the child.
inline constexpr int kept_descriptor = 3;

/// In the child 0: it has the least priority (nice 19), is killed when we end, and has of our
/// descriptors the standard streams and `keep`. Of all other Fd objects the descriptor is closed
/// already: it must end by exit_now(), without running a destructor. In the parent the child's pid,
/// which is to be reaped (peek_exit_of, reap_pid). Not for a process with threads.
Result<std::int32_t> fork_worker(const char* name, FdView keep);

}  // namespace stayd::os
