// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_pattern.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "os/clock.h"

namespace stayd::app {

namespace {

// A line is looked through in small lots, with a look at the clock between them.
constexpr Pattern::Effort most_effort{.steps = 200'000, .heap_kib = 16u << 10};
constexpr std::size_t lot_bytes = 256;
constexpr Duration patience = seconds(1);
constexpr std::size_t most_pattern_bytes = 64u << 10;

// "... at byte 5 of the pattern", the pattern, and a mark below the place.
Error bad_pattern(std::string_view pattern, const PatternError& error) {
  const std::string_view before = pattern.substr(0, std::min(error.at, pattern.size()));
  std::string message = "--grep: " + error.text();
  constexpr std::size_t most_shown = 60;
  if (pattern.size() <= most_shown) {
    message +=
        "\n  " + printable(pattern) + "\n  " + std::string(printable(before).size(), ' ') + "^";
  }
  return {EINVAL, std::move(message)};
}

Error too_expensive(const std::string& why) {
  return {ETIMEDOUT, "--grep: the pattern is too expensive (" + why +
                         "): make it more definite, such as [^\"]* for .*, or (?>...) for a group"};
}

}  // namespace

Result<LogPattern> LogPattern::compile(std::string_view pattern, LetterCase letter_case) {
  if (pattern.size() > most_pattern_bytes) return failure(E2BIG, "--grep: the pattern is too long");
  auto compiled = Pattern::compile(pattern, letter_case);
  if (!compiled) return std::unexpected(bad_pattern(pattern, compiled.error()));
  return LogPattern(std::move(*compiled));
}

Result<bool> LogPattern::find(std::string_view text, std::size_t from, MatchedPart& part) const {
  const Instant begun = text.size() > lot_bytes ? os::now() : Instant();
  for (;;) {
    const std::size_t last = std::min(from + lot_bytes - 1, text.size());
    const auto found = pattern_.find(text, {from, last}, most_effort, part);
    if (!found) return std::unexpected(too_expensive(found.error()));
    if (*found || last == text.size()) return *found;
    from = last + 1;
    if (begun + patience < os::now())
      return std::unexpected(too_expensive("it takes longer than a second on one line"));
  }
}

Result<bool> LogPattern::matches(std::string_view text) const {
  MatchedPart unused;
  return find(text, 0, unused);
}

Status LogPattern::find_all(std::string_view text, std::vector<MatchedPart>& parts) const {
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
