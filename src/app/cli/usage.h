// SPDX-License-Identifier: Apache-2.0
// What instances use, read by the command line itself from cgroup and /proc, so that the
// supervisor does not spend its time on it.
#pragma once

#include <span>
#include <vector>

#include "control/instance_view.h"
#include "os/process.h"

namespace stayd::app {

/// The processes of instances. With cgroups those of the run's cgroup; without, the descendants of
/// its main process (what has left the tree by a double fork is not seen there).
class ProcessFinder {
 public:
  explicit ProcessFinder(const control::SupervisorView& supervisor) : supervisor_(supervisor) {}
  /// In no order; empty when nothing runs or nothing can be read.
  std::vector<os::ProcessInfo> find(const control::InstanceView& instance);

 private:
  const control::SupervisorView& supervisor_;
  std::vector<os::ProcessInfo> all_;  ///< read at the first need
};

/// `root` and everything below it by parent.
std::vector<os::ProcessInfo> descendants(const std::vector<os::ProcessInfo>& all,
                                         std::int32_t root);

/// Fills `usage` of each that has a process: memory as the cgroup counts it, page cache included,
/// or else the resident sizes; processor time of the processes that are there.
void fill_usage(const control::SupervisorView& supervisor,
                std::span<control::InstanceView> instances);

}  // namespace stayd::app
