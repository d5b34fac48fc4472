// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next supervisor. The first three ends within a minute are followed at
// once: that is a kill or two. Then a quarter of a second passes before each, doubled up to 5 s by
// every supervisor that ends before it has resumed. It never gives up.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace stayd::app {

class Pacer {
 public:
  enum class Life : std::uint8_t { resumed, never_resumed };

  /// Notes the end of a supervisor; the time to wait from now on.
  Duration after_end(Instant now, Life life);

 private:
  static constexpr std::uint32_t free_ends = 3;
  static constexpr Duration window = seconds(60);
  static constexpr Duration least = milliseconds(250);
  static constexpr Duration most = seconds(5);

  std::array<Instant, free_ends> ends_{};  ///< the last ones, a ring
  std::uint32_t count_ = 0;
  Duration delay_{};
};

}  // namespace stayd::app
