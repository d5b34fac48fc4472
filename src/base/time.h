// SPDX-License-Identifier: Apache-2.0
// Points in time and spans of it, all in whole nanoseconds, all trivially copyable. Nothing here
// reads a clock: that is os/clock.h.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace stayd {

/// A span of time in nanoseconds; may be negative.
struct Duration {
  std::int64_t ns = 0;
  auto operator<=>(const Duration&) const = default;
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

/// A point on the boot-time clock (CLOCK_BOOTTIME: goes on while the machine sleeps, never jumps).
struct Instant {
  std::int64_t ns = 0;
  auto operator<=>(const Instant&) const = default;
  /// A deadline that never comes.
  static constexpr Instant never() { return {std::numeric_limits<std::int64_t>::max()}; }
};

/// A point on the wall clock, nanoseconds since 1970-01-01T00:00:00Z. Only shown, never decided on.
struct WallTime {
  std::int64_t ns = 0;
  auto operator<=>(const WallTime&) const = default;
};

constexpr Duration operator-(Instant later, Instant earlier) { return {later.ns - earlier.ns}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }

/// `at + span`, saturating at Instant::never().
constexpr Instant operator+(Instant at, Duration span) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.ns, span.ns, &sum)) return Instant::never();
  return {sum};
}

}  // namespace stayd
