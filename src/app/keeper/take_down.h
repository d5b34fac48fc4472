// SPDX-License-Identifier: Apache-2.0
// Killing everything below the keeper.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "os/fd.h"
#include "os/signals.h"

namespace stayd::app {

struct TakeDown {
  os::FdView cgroup;                ///< the base cgroup's folder; invalid: none
  std::int32_t log_writer = 0;      ///< spared; 0: none
  os::SignalFd* signals = nullptr;  ///< SIGCHLD wakes us; whatever else comes is dropped
};

/// SIGKILL to everything in the cgroup, frozen or not, and to every descendant, again and again
/// until nothing is left, and all of it is reaped; at most `limit`. Returns how many processes are
/// there still (in state D, nothing kills them).
std::uint32_t kill_everything(const TakeDown& what, Duration limit);

/// Waits until the log writer has drained what there is and ended, and reaps it. After `limit` it
/// is killed.
void await_log_writer(const TakeDown& what, Duration limit);

}  // namespace stayd::app
