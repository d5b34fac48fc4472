// SPDX-License-Identifier: Apache-2.0
#include "control/json_writer.h"

#include <charconv>

#include "base/calendar.h"
#include "base/json_text.h"

namespace stayd::control {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

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
  std::string text;
  append_date_time(text, second);
  text.copy(dated_text_, length);
  dated_second_ = second;
  return {dated_text_, length};
}

void JsonWriter::time(WallTime value) {
  separate();
  const SplitTime time = split(value);
  out_.push_back('"');
  out_.append(date_of(time.second));
  out_.push_back('.');
  append_digits(out_, time.ns, 9);
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
