// SPDX-License-Identifier: Apache-2.0
#include "journal/rate_limit.h"

#include <doctest/doctest.h>

using namespace stayd;
using namespace stayd::journal;

namespace {

Instant at(std::int64_t ms) { return Instant{} + milliseconds(1000 + ms); }

}  // namespace

TEST_CASE("a burst passes, then the rate") {
  RateLimit limit(1000, 5000, at(0));
  CHECK(limit.allowance(at(0)) == 5000);
  limit.spend(5000);
  CHECK(limit.allowance(at(0)) == 0);
  CHECK(limit.allowance(at(500)) == 500);
  CHECK(limit.allowance(at(1000)) == 1000);
  limit.spend(1000);
  CHECK(limit.allowance(at(60'000)) <= 5000);
}

TEST_CASE("without a burst a second's worth passes at once") {
  RateLimit limit(1000, 0, at(0));
  CHECK(limit.allowance(at(0)) == 1000);
  CHECK(limit.allowance(at(10'000)) == 1000);
}

TEST_CASE("what was dropped goes on only when some lines may come again") {
  RateLimit limit(10'000, 0, at(0));
  limit.spend(10'000);
  limit.begin_dropping();
  CHECK_FALSE(limit.may_end_dropping(at(50)));
  CHECK(limit.may_end_dropping(at(101)));
}

TEST_CASE("looks that follow each other closely lose no time") {
  RateLimit limit(100, 0, at(0));
  limit.spend(100);
  std::uint64_t inside = 0;
  for (int ms = 1; ms <= 1000; ++ms) inside = limit.allowance(at(ms));
  CHECK(inside >= 90);
}
