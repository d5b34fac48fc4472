// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "os/clock.h"

namespace stayd::app {

namespace {

// PCRE2 counts steps anew from each byte at which a match might begin. So these are given to it in
// small lots, with a look at the clock between them.
constexpr std::uint32_t most_steps = 200'000;
constexpr std::size_t lot_bytes = 256;
constexpr std::uint32_t most_heap_kib = 16u << 10;
constexpr Duration patience = seconds(1);
constexpr std::size_t most_pattern_bytes = 64u << 10;

std::string message_of(int number) {
  std::array<PCRE2_UCHAR, 256> text{};
  if (pcre2_get_error_message(number, text.data(), text.size()) < 0) {
    return "error " + std::to_string(number);
  }
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

// "... in column 5: missing closing parenthesis", the pattern, and a mark below the place.
Error bad_pattern(std::string_view pattern, int number, std::size_t at) {
  const std::string_view before = pattern.substr(0, std::min(at, pattern.size()));
  std::string message =
      "--grep: " + message_of(number) + " (at byte " + std::to_string(at + 1) + " of the pattern)";
  constexpr std::size_t most_shown = 60;
  if (pattern.size() <= most_shown) {
    message +=
        "\n  " + printable(pattern) + "\n  " + std::string(printable(before).size(), ' ') + "^";
  }
  return {EINVAL, std::move(message)};
}

Error too_expensive(int number) {
  const std::string why =
      number == 0 ? "it takes longer than a second on one line" : message_of(number);
  return {ETIMEDOUT, "--grep: the pattern is too expensive (" + why +
                         "): make it more definite, such as [^\"]* for .*, or (?>...) for a group"};
}

}  // namespace

struct LogPattern::Compiled {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* limits = nullptr;
  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

LogPattern::LogPattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
LogPattern::~LogPattern() = default;
LogPattern::LogPattern(LogPattern&&) noexcept = default;
LogPattern& LogPattern::operator=(LogPattern&&) noexcept = default;

Result<LogPattern> LogPattern::compile(std::string_view pattern, LetterCase letter_case) {
  if (pattern.size() > most_pattern_bytes) return failure(E2BIG, "--grep: the pattern is too long");
  std::uint32_t options =
      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
  if (letter_case == LetterCase::ignored) options |= PCRE2_CASELESS;
  auto compiled = std::make_unique<Compiled>();
  int number = 0;
  PCRE2_SIZE at = 0;
  compiled->code = pcre2_compile(units(pattern), pattern.size(), options, &number, &at, nullptr);
  if (compiled->code == nullptr) return std::unexpected(bad_pattern(pattern, number, at));
  compiled->match = pcre2_match_data_create_from_pattern(compiled->code, nullptr);
  compiled->limits = pcre2_match_context_create(nullptr);
  if (compiled->match == nullptr || compiled->limits == nullptr) {
    return failure(ENOMEM, "--grep: no memory");
  }
  pcre2_set_match_limit(compiled->limits, most_steps);
  pcre2_set_heap_limit(compiled->limits, most_heap_kib);
  return LogPattern(std::move(compiled));
}

Result<bool> LogPattern::find(std::string_view text, std::size_t from, MatchedPart& part) {
  const Instant begun = text.size() > lot_bytes ? os::now() : Instant();
  for (;;) {
    const std::size_t last = std::min(from + lot_bytes - 1, text.size());
    pcre2_set_offset_limit(compiled_->limits, last);
    const int found = pcre2_match(compiled_->code, units(text), text.size(), from, 0,
                                  compiled_->match, compiled_->limits);
    if (found >= 0) {
      const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(compiled_->match);
      part = {.begin = std::min(ends[0], ends[1]), .end = ends[1]};
      return true;
    }
    // An offset in the middle of a character is not refused with PCRE2_MATCH_INVALID_UTF.
    if (found != PCRE2_ERROR_NOMATCH) return std::unexpected(too_expensive(found));
    if (last == text.size()) return false;
    from = last + 1;
    if (begun + patience < os::now()) return std::unexpected(too_expensive(0));
  }
}

Result<bool> LogPattern::matches(std::string_view text) {
  MatchedPart unused;
  return find(text, 0, unused);
}

Status LogPattern::find_all(std::string_view text, std::vector<MatchedPart>& parts) {
  for (std::size_t from = 0; from <= text.size();) {
    MatchedPart part;
    if (!TRY(find(text, from, part))) break;
    if (part.end > part.begin) parts.push_back(part);
    from = std::max(part.end, from + (part.end > part.begin ? 0 : 1));
    if (part.end == part.begin) from = std::max(from, part.end + 1);
  }
  return {};
}

}  // namespace stayd::app
