// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/pacer.h"

#include <doctest/doctest.h>

namespace stayd::app {
namespace {

Instant at(std::int64_t ms) { return Instant{} + milliseconds(ms); }
std::int64_t wait_ms(Pacer& pacer, std::int64_t now_ms, Pacer::Life life) {
  return pacer.after_end(at(now_ms), life).ns / 1'000'000;
}

}  // namespace

TEST_CASE("three ends a minute are followed at once, more of them after a short while") {
  Pacer pacer;
  for (const std::int64_t now : {1000, 1100, 1200}) {
    CHECK(wait_ms(pacer, now, Pacer::Life::resumed) == 0);
  }
  CHECK(wait_ms(pacer, 1300, Pacer::Life::resumed) == 250);
  CHECK(wait_ms(pacer, 1700, Pacer::Life::resumed) == 250);
}

TEST_CASE("supervisors that never resume are started less and less often, for ever") {
  Pacer pacer;
  std::int64_t now = 0;
  for (int i = 0; i < 3; ++i) CHECK(wait_ms(pacer, now, Pacer::Life::never_resumed) == 0);
  for (const std::int64_t expected : {250, 500, 1000, 2000, 4000, 5000, 5000, 5000}) {
    const auto wait = wait_ms(pacer, now, Pacer::Life::never_resumed);
    CHECK(wait == expected);
    now += wait;
  }
  CHECK(wait_ms(pacer, now, Pacer::Life::resumed) == 250);
}

TEST_CASE("a minute without an end makes the next one free again") {
  Pacer pacer;
  for (int i = 0; i < 5; ++i) pacer.after_end(at(0), Pacer::Life::never_resumed);
  CHECK(wait_ms(pacer, 60'000, Pacer::Life::never_resumed) == 0);
  CHECK(wait_ms(pacer, 60'001, Pacer::Life::never_resumed) == 0);
  CHECK(wait_ms(pacer, 60'002, Pacer::Life::never_resumed) == 0);
  CHECK(wait_ms(pacer, 60'003, Pacer::Life::never_resumed) == 250);
}

}  // namespace stayd::app
