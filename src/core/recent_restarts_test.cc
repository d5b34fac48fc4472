// SPDX-License-Identifier: Apache-2.0
#include "core/recent_restarts.h"

#include <doctest/doctest.h>

#include <deque>

namespace stayd::core {
namespace {

/// Restarts at growing times, beside a list of all of them.
class Restarts {
 public:
  explicit Restarts(RestartLimit limit) : limit_(limit) {}
  /// Whether it may restart `pause` after the last attempt.
  bool after(Duration pause) {
    now_ = now_ + pause;
    const bool counted = count_restart(recent_, limit_, now_);
    if (counted) all_.push_back(now_);
    return counted;
  }
  /// How many were counted in the interval that ends now.
  [[nodiscard]] std::size_t within() const {
    std::size_t count = 0;
    for (const Instant at : all_) count += now_ - at <= limit_.interval ? 1U : 0U;
    return count;
  }

 private:
  RestartLimit limit_;
  RecentRestarts recent_;
  std::deque<Instant> all_;
  Instant now_{1'000'000'000};
};

constexpr Duration minute = seconds(60);

/// A pause without a pattern, shorter than `most`, of whole milliseconds.
Duration some_pause(std::uint64_t& random, Duration most) {
  random = random * 6364136223846793005ULL + 1442695040888963407ULL;
  return milliseconds(static_cast<std::int64_t>(random >> 33) % (most.ns / 1'000'000));
}

constexpr Duration days(std::int64_t n) { return seconds(n * 24 * 3600); }

TEST_CASE("the interval slides: restarts on both sides of any border count together") {
  Restarts restarts({2, seconds(60)});
  CHECK(restarts.after(seconds(0)));
  CHECK(restarts.after(seconds(50)));
  CHECK(restarts.after(seconds(20)));        // the first is 70 s ago
  CHECK_FALSE(restarts.after(seconds(20)));  // but 40 s and 20 s ago there were two
  CHECK(restarts.after(seconds(21)));
}

TEST_CASE("no limit") {
  Restarts restarts({0, seconds(60)});
  for (int i = 0; i < 1000; ++i) CHECK(restarts.after(seconds(0)));
}

TEST_CASE("up to 10 it is exact, whatever the pauses") {
  std::uint64_t random = 7;
  for (std::uint32_t most = 1; most <= 10; ++most) {
    Restarts restarts({most, minute});
    for (int i = 0; i < 2000; ++i) {
      const bool counted = restarts.after(some_pause(random, seconds(12)));
      if (counted) CHECK(restarts.within() <= most);
      if (!counted) CHECK(restarts.within() >= most);
    }
  }
}

TEST_CASE("above 10 it is noticed a ninth late at most, and never early") {
  std::uint64_t random = 11;
  for (const std::uint32_t most : {11U, 31U, 100U, 1000U}) {
    Restarts restarts({most, minute});
    std::size_t highest = 0;
    for (int i = 0; i < 5000; ++i) {
      const bool counted = restarts.after(some_pause(random, {minute.ns / most}));
      if (counted) highest = std::max(highest, restarts.within());
      if (!counted) CHECK(restarts.within() >= most);
    }
    CHECK(highest >= most);
    CHECK(highest <= most + (most - 1) / 9);
  }
}

TEST_CASE("the largest limit, and an interval of years") {
  Restarts many({UINT32_MAX, days(3650)});
  for (int i = 0; i < 100; ++i) CHECK(many.after(days(30)));
  Restarts one({1, days(3650)});
  CHECK(one.after(days(1)));
  CHECK_FALSE(one.after(days(365)));
  CHECK(one.after(days(3650)));
}

}  // namespace
}  // namespace stayd::core
