// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_time.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

using namespace stayd;
using app::parse_moment;

namespace {

/// 2026-11-25T12:00:00Z, seen from Berlin (an hour later) by a rule that needs no zone files.
constexpr WallTime noon{1'795'608'000'000'000'000};

std::string moment(const char* text) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const auto parsed = parse_moment(text, noon);
  return parsed ? format_rfc3339(*parsed) : parsed.error().message;
}

}  // namespace

TEST_CASE("moments are durations, local clock times and dates, and RFC 3339") {
  CHECK(moment("10m") == "2026-11-25T11:50:00.000000000Z");
  CHECK(moment("13:00") == "2026-11-25T12:00:00.000000000Z");
  CHECK(moment("12:30:15") == "2026-11-25T11:30:15.000000000Z");
  CHECK(moment("2026-11-25") == "2026-11-24T23:00:00.000000000Z");
  CHECK(moment("2026-07-01 08:00") == "2026-07-01T06:00:00.000000000Z");
  CHECK(moment("2026-11-25T12:00:05.25Z") == "2026-11-25T12:00:05.250000000Z");
  CHECK(moment("2026-11-25T12:00:05-02:30") == "2026-11-25T14:30:05.000000000Z");
}

TEST_CASE("a clock time that is still to come today was yesterday") {
  CHECK(moment("13:01") == "2026-11-24T12:01:00.000000000Z");
}

TEST_CASE("today and yesterday begin at the local midnight") {
  CHECK(moment("today") == "2026-11-24T23:00:00.000000000Z");
  CHECK(moment("yesterday") == "2026-11-23T23:00:00.000000000Z");
  // The day on which summer time ended had 25 hours.
  constexpr WallTime after_the_change{1'792'969'200'000'000'000};  // 2026-10-26T00:00 in Berlin
  CHECK(format_rfc3339(*parse_moment("yesterday", after_the_change)) ==
        "2026-10-24T22:00:00.000000000Z");
}

TEST_CASE("what is no moment is refused with what one looks like") {
  for (const char* text : {"", "10", "now", "yesterday-ish", "24:00", "12:60", "2026-02-30",
                           "2026-13-01", "2026-11-25T", "2026-11-25T12:00:00+1", "12:30Z",
                           "1969-01-01", "9999-01-01", "-1:00", "12:30 ", "2026-11-25 12:00:00."}) {
    CAPTURE(text);
    CHECK(moment(text).ends_with(
        "is no time; times are 10m (ago), 14:30, today, yesterday, 2026-11-25, \"2026-11-25 "
        "14:30:05\" or 2026-11-25T14:30:05Z"));
  }
}
