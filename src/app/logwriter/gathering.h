// SPDX-License-Identifier: Apache-2.0
// How long hot streams are left alone, so that more comes with one look: so often that none of
// their pipes becomes more than half full, and that a line comes to the console and to a reader at
// once, as far as a person can tell.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/time.h"

namespace stayd::app {

class Gathering {
 public:
  static constexpr Duration shortest = microseconds(200);
  static constexpr Duration longest = milliseconds(4);

  /// A look found so much in a pipe of this size (0: not known).
  void note(std::size_t bytes, std::uint32_t capacity) {
    if (capacity == 0) return;
    fullest_ = std::max(fullest_, static_cast<std::uint32_t>(bytes * whole_pipe / capacity));
  }
  /// After a round of looks: how long to wait before the next; 0: look again at once.
  Duration pause() {
    constexpr std::uint32_t much = whole_pipe / 4;
    const std::uint32_t fullest = std::exchange(fullest_, 0);
    if (fullest >= much) {
      pause_ = shortest;
      return {};
    }
    if (fullest < much / 2) pause_ = std::min(pause_ + pause_, longest);
    return pause_;
  }

 private:
  static constexpr std::uint32_t whole_pipe = 256;
  Duration pause_ = shortest;
  std::uint32_t fullest_ = 0;  ///< of the pipes in this round, of whole_pipe
};

}  // namespace stayd::app
