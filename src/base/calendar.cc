// SPDX-License-Identifier: Apache-2.0
#include "base/calendar.h"

namespace stayd {
namespace {

constexpr std::int64_t day_seconds = 86'400;
constexpr std::int64_t era_days = 146'097;
constexpr std::int64_t epoch = 719'468;  ///< days from 0000-03-01 to 1970-01-01

void append_date(std::string& out, std::int64_t number) {
  const std::int64_t days = number + epoch;
  const std::int64_t day_of_era = days % era_days;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  append_digits(out, days / era_days * 400 + year_of_era + (month <= 2 ? 1 : 0), 4);
  append_digits(out += '-', month, 2);
  append_digits(out += '-', day_of_year - (153 * month_from_march + 2) / 5 + 1, 2);
}

}  // namespace

std::int64_t day_number(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t year_of_era = y % 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return y / 400 * era_days + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
         day_of_year - epoch;
}

void append_date_time(std::string& out, std::int64_t second) {
  std::int64_t day = second / day_seconds;
  std::int64_t clock = second % day_seconds;
  if (clock < 0) {
    clock += day_seconds;
    --day;
  }
  append_date(out, day);
  append_digits(out += 'T', clock / 3'600, 2);
  append_digits(out += ':', clock / 60 % 60, 2);
  append_digits(out += ':', clock % 60, 2);
}

void append_digits(std::string& out, std::int64_t number, std::size_t width) {
  char digits[20];
  for (std::size_t i = width; i-- > 0; number /= 10)
    digits[i] = static_cast<char>('0' + number % 10);
  out.append(digits, width);
}

}  // namespace stayd
