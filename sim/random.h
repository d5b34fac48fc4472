// SPDX-License-Identifier: Apache-2.0
// The only source of chance in the simulator: a seed gives the same run on every machine.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace stayd::sim {

/// xorshift64* (Vigna 2016), started through splitmix64 so that neighbouring seeds differ.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    std::uint64_t z = seed + 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    state_ = (z ^ (z >> 31)) | 1u;
  }
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dull;
  }
  /// Evenly from 0 to count - 1.
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
  }
  std::uint32_t between(std::uint32_t least, std::uint32_t most) {
    return least + below(most - least + 1);
  }
  /// True `in_thousand` times of a thousand.
  bool chance(std::uint32_t in_thousand) { return below(1000) < in_thousand; }
  Duration up_to(Duration most) {
    const auto microseconds_most = static_cast<std::uint32_t>(most.ns / 1000);
    return microseconds(below(microseconds_most + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace stayd::sim
