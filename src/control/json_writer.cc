// SPDX-License-Identifier: Apache-2.0
#include "control/json_writer.h"

#include <charconv>

#include "base/json_text.h"

namespace stayd::control {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
  char digits[20];
  for (std::size_t i = width; i-- > 0; value /= 10) {
    digits[i] = static_cast<char>('0' + value % 10);
  }
  out.append(digits, width);
}

struct Date {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
};

/// The proleptic Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin
/// on 1 March, so that the leap day is a year's last.
Date date_from(std::int64_t day_number) {
  const std::int64_t days = day_number + 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

/// Quotient rounded down, for times before 1970.
constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

void JsonWriter::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_.push_back(',');
}

void JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
}

void JsonWriter::text(std::string_view value) {
  separate();
  out_.push_back('"');
  append_json(out_, value);
  out_.push_back('"');
}

void JsonWriter::number(std::int64_t value) {
  separate();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out_.append(digits, end);
}

void JsonWriter::unsigned_number(std::uint64_t value) {
  separate();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out_.append(digits, end);
}

void JsonWriter::boolean(bool value) { raw(value ? "true" : "false"); }

void JsonWriter::null() { raw("null"); }

void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
}

void JsonWriter::seconds(Duration value) {
  separate();
  const bool negative = value.ns < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(value.ns) : static_cast<std::uint64_t>(value.ns);
  if (negative) out_.push_back('-');
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, magnitude / ns_per_second).ptr;
  out_.append(digits, end);
  const auto fraction = static_cast<std::int64_t>(magnitude % ns_per_second);
  if (fraction == 0) return;
  out_.push_back('.');
  append_digits(out_, fraction, 9);
  while (out_.back() == '0') out_.pop_back();
}

std::string_view JsonWriter::date_of(std::int64_t second) {
  constexpr std::size_t length = 19;
  if (second == dated_second_) return {dated_text_, length};
  const std::int64_t day = floor_divide(second, 86'400);
  const std::int64_t clock = second - day * 86'400;
  const Date date = date_from(day);
  std::string text;
  append_digits(text, date.year, 4);
  text.push_back('-');
  append_digits(text, date.month, 2);
  text.push_back('-');
  append_digits(text, date.day, 2);
  text.push_back('T');
  append_digits(text, clock / 3'600, 2);
  text.push_back(':');
  append_digits(text, clock / 60 % 60, 2);
  text.push_back(':');
  append_digits(text, clock % 60, 2);
  text.copy(dated_text_, length);
  dated_second_ = second;
  return {dated_text_, length};
}

void JsonWriter::time(WallTime value) {
  separate();
  const std::int64_t second = floor_divide(value.ns, ns_per_second);
  out_.push_back('"');
  out_.append(date_of(second));
  out_.push_back('.');
  append_digits(out_, value.ns - second * ns_per_second, 9);
  out_.append("Z\"");
}

void JsonWriter::text_field(std::string_view name, std::string_view value) {
  key(name);
  text(value);
}

void JsonWriter::number_field(std::string_view name, std::int64_t value) {
  key(name);
  number(value);
}

void JsonWriter::unsigned_field(std::string_view name, std::uint64_t value) {
  key(name);
  unsigned_number(value);
}

void JsonWriter::boolean_field(std::string_view name, bool value) {
  key(name);
  boolean(value);
}

void JsonWriter::seconds_field(std::string_view name, Duration value) {
  key(name);
  seconds(value);
}

void JsonWriter::time_field(std::string_view name, WallTime value) {
  key(name);
  time(value);
}

}  // namespace stayd::control
