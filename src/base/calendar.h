// SPDX-License-Identifier: Apache-2.0
// The Gregorian calendar in UTC, as far as 64 bits of nanoseconds reach: from 1677 to 2262. Years
// are counted from March, so that the leap day is a year's last, in eras of 400 years of 146,097
// days (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace stayd {

/// A time in whole seconds since 1970, rounded down, and the nanoseconds above.
struct SplitTime {
  std::int64_t second = 0, ns = 0;
};
constexpr SplitTime split(WallTime at) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = at.ns % second;
  return rest < 0 ? SplitTime{at.ns / second - 1, rest + second} : SplitTime{at.ns / second, rest};
}

/// Days since 1970-01-01.
std::int64_t day_number(std::int64_t year, std::int64_t month, std::int64_t day);

/// "2026-11-24T06:13:07", for a second since 1970.
void append_date_time(std::string& out, std::int64_t second);

/// The last `width` digits of a number that is not negative.
void append_digits(std::string& out, std::int64_t number, std::size_t width);

}  // namespace stayd
