// SPDX-License-Identifier: Apache-2.0
#include "base/calendar.h"

#include <doctest/doctest.h>

using namespace stayd;

TEST_CASE("every day that 64 bits of nanoseconds reach has its date, and the date its day") {
  std::string before;
  for (std::int64_t day = -106'751; day <= 106'750; ++day) {
    std::string text;
    append_date_time(text, day * 86'400 + 86'399);
    REQUIRE(text.size() == 19);
    REQUIRE(text.ends_with("T23:59:59"));
    REQUIRE(text > before);
    REQUIRE(day_number(std::stoi(text), std::stoi(text.substr(5)), std::stoi(text.substr(8))) ==
            day);
    before = text;
  }
  CHECK(before == "2262-04-10T23:59:59");
  CHECK(day_number(1970, 1, 1) == 0);
  CHECK(day_number(2000, 3, 1) == 11'017);
}

TEST_CASE("times before 1970 are rounded down to their second") {
  CHECK(split({-1}).second == -1);
  CHECK(split({-1}).ns == 999'999'999);
  CHECK(split({1'000'000'001}).second == 1);
  CHECK(split({1'000'000'001}).ns == 1);
}
