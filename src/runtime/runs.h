// SPDX-License-Identifier: Apache-2.0
// What runtime holds of each instance's current run: its process, and what the ledger must know of
// it beyond the core's state. One small entry an instance, by its number.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/event.h"
#include "os/fd.h"
#include "runtime/ledger.h"
#include "runtime/pid_index.h"

namespace stayd::runtime {

/// Facts that happened and that the core has not been told yet.
using Facts = std::vector<core::Event>;

/// What a main process took, with the children that it waited for (os::ExitStatus).
struct RunUsage {
  bool known = false;  ///< not of one that was adopted: its status came from the keeper
  Duration cpu{};
  std::uint64_t peak_memory = 0;
};

struct Run {
  RunRecord record;
  RunUsage usage;        ///< of the last main process that ended
  os::Fd process;        ///< pidfd of the main process, until the run is released
  std::int32_t pid = 0;  ///< 0: no main process, or it has been reaped
  bool watched = false;  ///< `process` is in epoll
};

struct Runs {
  explicit Runs(std::uint32_t instances) : all(instances) {}

  Run& at(InstanceId id) { return all[index_of(id)]; }
  /// Whether it is `run` that the entry speaks of.
  [[nodiscard]] bool is_current(InstanceId id, RunId run) const {
    return all[index_of(id)].record.run == run;
  }

  std::vector<Run> all;
  PidIndex by_pid;
};

}  // namespace stayd::runtime
