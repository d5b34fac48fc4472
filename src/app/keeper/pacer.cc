// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/pacer.h"

#include <algorithm>

namespace stayd::app {

Duration Pacer::after_end(Instant now, Life life) {
  Instant& oldest = ends_[count_ % free_ends];
  const bool too_many = count_ >= free_ends && now - oldest < window;
  oldest = now;
  ++count_;
  if (!too_many) {
    delay_ = {};
  } else if (life == Life::resumed || delay_.ns == 0) {
    delay_ = least;
  } else {
    delay_ = std::min(Duration{delay_.ns * 2}, most);
  }
  return delay_;
}

}  // namespace stayd::app
