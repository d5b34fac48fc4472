// SPDX-License-Identifier: Apache-2.0
// Which instance's main process a pid is: for what waitid(P_ALL) finds. Sorted, since new pids are
// mostly the highest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace stayd::runtime {

class PidIndex {
 public:
  void add(std::int32_t pid, InstanceId instance) {
    const auto at = std::ranges::lower_bound(entries_, pid, {}, &Entry::pid);
    if (at != entries_.end() && at->pid == pid)
      at->instance = instance;
    else
      entries_.insert(at, {pid, instance});
  }
  void remove(std::int32_t pid) {
    const auto at = std::ranges::lower_bound(entries_, pid, {}, &Entry::pid);
    if (at != entries_.end() && at->pid == pid) entries_.erase(at);
  }
  [[nodiscard]] InstanceId find(std::int32_t pid) const {
    const auto at = std::ranges::lower_bound(entries_, pid, {}, &Entry::pid);
    return at != entries_.end() && at->pid == pid ? at->instance : no_instance;
  }

 private:
  struct Entry {
    std::int32_t pid = 0;
    InstanceId instance = no_instance;
  };
  std::vector<Entry> entries_;
};

}  // namespace stayd::runtime
