// SPDX-License-Identifier: Apache-2.0
// Processors for what is dying. To look at each end at once would take them from those that are
// still to come, and would make all of them later.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace stayd::os {

class Dying {
 public:
  /// `time_each`: what one of them takes of a processor until it is dead.
  explicit Dying(Duration time_each) : time_each_(time_each) {}

  /// One more is dying.
  void note() { ++count_; }
  /// Sleeps while those that were noted need the processors: 20 ms at once at most, 100 ms for all
  /// that are known; less than 1 ms is left for later.
  void give_way();

 private:
  Duration time_each_;
  Duration owed_{};
  std::int64_t count_ = 0;  ///< since give_way()
};

}  // namespace stayd::os
