// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_time.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "base/text.h"

namespace stayd::app {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool skip(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `digits` of them.
  bool number(std::size_t digits, int most, int& value) {
    const auto parsed = parse_integer(rest_.substr(0, digits), 0, most);
    if (rest_.size() < digits || !parsed || !is_digit(rest_[0])) return false;
    value = static_cast<int>(*parsed);
    rest_.remove_prefix(digits);
    return true;
  }
  /// The digits behind a decimal point, as nanoseconds.
  bool fraction(std::int64_t& ns) {
    if (!skip('.')) return true;
    if (rest_.empty() || !is_digit(rest_[0])) return false;
    for (std::int64_t unit = second_ns / 10; !rest_.empty() && is_digit(rest_[0]); unit /= 10) {
      ns += unit * (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

bool scan_date(Scanner& in, std::tm& at) {
  if (!in.number(4, 9999, at.tm_year) || !in.skip('-')) return false;
  if (!in.number(2, 12, at.tm_mon) || !in.skip('-') || !in.number(2, 31, at.tm_mday)) return false;
  at.tm_year -= 1900;
  at.tm_mon -= 1;
  return at.tm_mon >= 0 && at.tm_mday > 0;
}

bool scan_clock(Scanner& in, std::tm& at, std::int64_t& ns) {
  if (!in.number(2, 23, at.tm_hour) || !in.skip(':') || !in.number(2, 59, at.tm_min)) return false;
  return !in.skip(':') || (in.number(2, 60, at.tm_sec) && in.fraction(ns));
}

/// Seconds east of Greenwich; none: no zone is given, or what stands there is none.
std::optional<std::int64_t> scan_zone(Scanner& in) {
  if (in.skip('Z') || in.skip('z')) return 0;
  const int sign = in.skip('-') ? -1 : 1;
  if (sign > 0 && !in.skip('+')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, 23, hours) || !in.skip(':') || !in.number(2, 59, minutes)) return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

/// None: a day that its month does not have.
std::optional<WallTime> wall_time_of(std::tm at, std::optional<std::int64_t> zone,
                                     std::int64_t ns) {
  const int day = at.tm_mday;
  at.tm_isdst = -1;
  const std::time_t second = zone ? ::timegm(&at) - *zone : std::mktime(&at);
  if (at.tm_mday != day) return std::nullopt;
  return WallTime{second * second_ns + ns};
}

std::optional<WallTime> dated(std::string_view text) {
  Scanner in(text);
  std::tm at{};
  std::int64_t ns = 0;
  std::optional<std::int64_t> zone;
  if (!scan_date(in, at)) return std::nullopt;
  if (!in.at_end()) {
    if (!in.skip('T') && !in.skip('t') && !in.skip(' ')) return std::nullopt;
    if (!scan_clock(in, at, ns)) return std::nullopt;
    if (!in.at_end()) zone = scan_zone(in);
  }
  // Beyond 2200, 64 bits of nanoseconds come to their end.
  if (!in.at_end() || at.tm_year < 70 || at.tm_year > 300) return std::nullopt;
  return wall_time_of(at, zone, ns);
}

/// The time of `clock` on the local day `days` before that of `now`.
std::optional<WallTime> on_day_before(WallTime now, int days, const std::tm& clock,
                                      std::int64_t ns) {
  const std::time_t today = now.ns / second_ns;
  std::tm at{};
  if (::localtime_r(&today, &at) == nullptr) return std::nullopt;
  at.tm_mday -= days;
  at.tm_hour = clock.tm_hour;
  at.tm_min = clock.tm_min;
  at.tm_sec = clock.tm_sec;
  at.tm_isdst = -1;
  return WallTime{std::mktime(&at) * second_ns + ns};
}

std::optional<WallTime> last_time_at(std::string_view text, WallTime now) {
  Scanner in(text);
  std::tm clock{};
  std::int64_t ns = 0;
  if (!scan_clock(in, clock, ns) || !in.at_end()) return std::nullopt;
  const auto moment = on_day_before(now, 0, clock, ns);
  return moment && *moment > now ? on_day_before(now, 1, clock, ns) : moment;
}

std::optional<WallTime> midnight(std::string_view day, WallTime now) {
  if (day == "today") return on_day_before(now, 0, {}, 0);
  if (day == "yesterday") return on_day_before(now, 1, {}, 0);
  return std::nullopt;
}

}  // namespace

Result<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (const auto span = parse_duration(text)) return WallTime{now.ns - span->ns};
  if (const auto moment = midnight(text, now)) return *moment;
  if (const auto moment = last_time_at(text, now)) return *moment;
  if (const auto moment = dated(text)) return *moment;
  return std::unexpected(
      Error{EINVAL, "\"" + printable(text) +
                        "\" is no time; times are 10m (ago), 14:30, today, yesterday, 2026-11-25, "
                        "\"2026-11-25 14:30:05\" or 2026-11-25T14:30:05Z"});
}

Result<std::optional<WallTime>> moment_of(const Arguments& given, std::string_view option,
                                          WallTime now) {
  const auto text = given.value(option);
  if (!text) return std::nullopt;
  const auto moment = parse_moment(*text, now);
  if (moment) return *moment;
  return std::unexpected(given.misuse("--" + std::string(option) + ": " + moment.error().message));
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't')) return std::nullopt;
  return dated(text);
}

std::string format_local(WallTime at, LocalTime format) {
  const std::time_t second = at.ns / second_ns;
  const auto millisecond = static_cast<unsigned>(at.ns / 1'000'000 % 1000);
  std::tm local{};
  if (::localtime_r(&second, &local) == nullptr) return format_rfc3339(at);
  const char* pattern = format == LocalTime::iso ? "%Y-%m-%dT%H:%M:%S" : "%b %d %H:%M:%S";
  std::array<char, 64> text{};
  std::string out(text.data(), std::strftime(text.data(), text.size(), pattern, &local));
  std::string fraction = std::to_string(1000 + millisecond);
  fraction[0] = '.';
  out += fraction;
  if (format != LocalTime::iso) return out;
  const std::string zone(text.data(), std::strftime(text.data(), text.size(), "%z", &local));
  return out + zone.substr(0, 3) + ':' + zone.substr(3);
}

}  // namespace stayd::app
