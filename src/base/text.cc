// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/calendar.h"

namespace stayd {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t longest_duration = 10'000 * day;

constexpr std::array<Unit, 7> duration_units{{{"d", day},
                                              {"h", hour},
                                              {"m", minute},
                                              {"s", second},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};

struct SizeUnit {
  char name;
  int shift;
};
constexpr std::array<SizeUnit, 4> size_units{{{'T', 40}, {'G', 30}, {'M', 20}, {'K', 10}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string quote(std::string_view text) { return "\"" + printable(text, 64) + "\""; }

/// Takes the digits at the front of `text`; none where there are none or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return number;
}

std::string_view take_letters(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const auto count = static_cast<std::size_t>(end - text.begin());
  const std::string_view letters = text.substr(0, count);
  text.remove_prefix(count);
  return letters;
}

std::unexpected<Error> bad_duration(std::string_view text) {
  return failure(quote(text) +
                 " is not a duration: numbers with units d, h, m, s, ms, us, ns in this order are "
                 "expected, for example \"1m30s\"");
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string with_unit(std::int64_t number, std::string_view unit) {
  return std::to_string(number).append(unit);
}

/// "3h 12m", "3h".
std::string two_units(std::int64_t ns, Unit large, Unit small) {
  std::string text = with_unit(ns / large.ns, large.name);
  if (const std::int64_t rest = ns % large.ns / small.ns; rest != 0) {
    text += " " + with_unit(rest, small.name);
  }
  return text;
}

/// `tenths` of a unit: one decimal below ten, none from there on, never ".0".
std::string with_tenths(std::uint64_t tenths) {
  std::string text = std::to_string(tenths / 10);
  if (tenths < 100 && tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (all_digits(text)) {
    return failure(quote(text) + " has no unit; give one, for example \"" + std::string(text) +
                   "s\"");
  }
  std::string_view rest = text;
  std::int64_t sum = 0;
  auto next_unit = duration_units.begin();
  do {
    const auto number = take_number(rest);
    const std::string_view name = take_letters(rest);
    const auto unit = std::find_if(next_unit, duration_units.end(),
                                   [=](const Unit& known) { return known.name == name; });
    if (!number || unit == duration_units.end()) return bad_duration(text);
    const auto most = static_cast<std::uint64_t>((longest_duration - sum) / unit->ns);
    if (*number > most) return failure(quote(text) + " is longer than 10,000 days");
    sum += static_cast<std::int64_t>(*number) * unit->ns;
    next_unit = unit + 1;
  } while (!rest.empty());
  return Duration{sum};
}

std::string format_duration(Duration value) {
  if (value.ns == 0) return "0s";
  std::string text = value.ns < 0 ? "-" : "";
  std::int64_t rest = value.ns;
  for (const Unit& unit : duration_units) {
    const std::int64_t count = rest / unit.ns;
    if (count != 0) text += with_unit(count < 0 ? -count : count, unit.name);
    rest %= unit.ns;
  }
  return text;
}

std::string format_duration_short(Duration value) {
  if (value.ns < 0) {
    // -(least) has no positive counterpart; one nanosecond is not seen here.
    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    return "-" + format_duration_short({-(value.ns == least ? least + 1 : value.ns)});
  }
  const auto [d, h, m, s, ms, us, ns] = duration_units;
  if (value.ns >= day) return two_units(value.ns, d, h);
  if (value.ns >= hour) return two_units(value.ns, h, m);
  if (value.ns >= minute) return two_units(value.ns, m, s);
  if (value.ns >= second)
    return with_tenths(static_cast<std::uint64_t>(value.ns * 10 / s.ns)) + "s";
  for (const Unit& unit : {ms, us, ns}) {
    if (value.ns >= unit.ns) return with_unit(value.ns / unit.ns, unit.name);
  }
  return "0s";
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number) {
    return failure(quote(text) +
                   " is not a size: a number of bytes is expected, or one with K, M, G or T, for "
                   "example \"16M\"");
  }
  if (rest.empty()) return *number;
  const char letter = static_cast<char>(rest[0] & ~0x20);  // upper case
  const auto unit = std::find_if(size_units.begin(), size_units.end(),
                                 [=](const SizeUnit& known) { return known.name == letter; });
  if (unit == size_units.end() || rest.size() > 3) {
    return failure(quote(text) + " is not a size: the unit is one of K, M, G and T");
  }
  if (rest.size() != 1 || rest[0] != letter) {
    return failure(quote(text) + " is not a size: write \"" + std::to_string(*number) + letter +
                   "\", which is in powers of 1024");
  }
  if (*number > std::numeric_limits<std::uint64_t>::max() >> unit->shift) {
    return failure(quote(text) + " is more than 64 bits can hold");
  }
  return *number << unit->shift;
}

std::string format_size(std::uint64_t bytes) {
  for (const SizeUnit& unit : size_units) {
    const std::uint64_t one = std::uint64_t{1} << unit.shift;
    if (bytes != 0 && bytes % one == 0) return std::to_string(bytes >> unit.shift) + unit.name;
  }
  return std::to_string(bytes);
}

std::string format_size_short(std::uint64_t bytes) {
  for (const SizeUnit& unit : size_units) {
    const std::uint64_t whole = bytes >> unit.shift;
    if (whole == 0) continue;
    const std::uint64_t tenths = (bytes - (whole << unit.shift)) * 10 >> unit.shift;
    return with_tenths(whole * 10 + tenths) + unit.name;
  }
  return std::to_string(bytes);
}

std::string format_bytes(std::uint64_t bytes) {
  return format_size_short(bytes) + (bytes == 1 ? " byte" : bytes < 1024 ? " bytes" : "");
}

std::string format_user(std::int64_t uid) {
  return uid == 0 ? "root" : "uid " + std::to_string(uid);
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc{} || at != end || text.size() > 4) {
    return failure(quote(text) +
                   " is not a mode: up to four octal digits are expected, for "
                   "example \"0640\"");
  }
  return mode;
}

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && at == end && number >= least && number <= most) return number;
  return failure(quote(text) + " is not a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
}

std::string format_rfc3339(WallTime at) {
  const SplitTime time = split(at);
  std::string text;
  text.reserve(30);
  append_date_time(text, time.second);
  append_digits(text += '.', time.ns, 9);
  return text += 'Z';
}

}  // namespace stayd
