// SPDX-License-Identifier: Apache-2.0
#include "os/clock.h"

#include <doctest/doctest.h>

#include <array>

#include "os/epoll.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

struct WatchedTimer {
  Epoll epoll = *Epoll::create();
  Timer timer = *Timer::create();
  WatchedTimer() { REQUIRE(epoll.add(timer.fd(), readable, 7).has_value()); }
  bool fires_within(Duration span) {
    std::array<Ready, 4> ready;
    const auto events = epoll.wait(ready, span);
    return events && events->size() == 1 && (*events)[0].token == 7;
  }
};

constexpr Duration at_once = nanoseconds(0);
constexpr Duration patience = seconds(20);

TEST_CASE("a timer fires at its time, and no more once it was drained") {
  WatchedTimer watched;
  CHECK_FALSE(watched.fires_within(at_once));
  const Instant due = now() + milliseconds(2);
  REQUIRE(watched.timer.arm(due).has_value());
  CHECK(watched.fires_within(patience));
  CHECK(now() >= due);
  watched.timer.drain();
  CHECK_FALSE(watched.fires_within(at_once));
}

TEST_CASE("a timer armed to the time it just fired at fires again") {
  WatchedTimer watched;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(watched.timer.arm({5}).has_value());
    CHECK(watched.fires_within(patience));
    watched.timer.drain();
  }
}

TEST_CASE("past and zero are at once, never is not at all") {
  WatchedTimer watched;
  REQUIRE(watched.timer.arm({0}).has_value());
  CHECK(watched.fires_within(patience));
  REQUIRE(watched.timer.arm(Instant::never()).has_value());
  CHECK_FALSE(watched.fires_within(at_once));
  REQUIRE(watched.timer.arm({-5}).has_value());
  CHECK(watched.fires_within(patience));
  watched.timer.drain();
  watched.timer.drain();  // nothing to take: no wait
}

TEST_CASE("seeds differ, and the clocks go forward") {
  CHECK(random_seed() != random_seed());
  const Instant before = now();
  nap(microseconds(10));
  CHECK(now() > before);
  CHECK(wall_now().ns > 1'700'000'000'000'000'000);
}

TEST_CASE("no descriptor is left when there are too few") {
  CHECK(fails_cleanly_without_descriptors([] { return Timer::create(); }));
  CHECK(fails_cleanly_without_descriptors([] { return Epoll::create(); }));
}

}  // namespace
}  // namespace stayd::os
