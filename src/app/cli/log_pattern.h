// SPDX-License-Identifier: Apache-2.0
// A Perl-compatible regular expression (PCRE2, without its JIT compiler), with limits on time and
// memory: no pattern hangs, whatever the text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/log_printer.h"
#include "base/result.h"

namespace stayd::app {

enum class LetterCase : std::uint8_t { matters, ignored };

class LogPattern {
 public:
  /// The Error shows where in the pattern it is wrong, and why.
  static Result<LogPattern> compile(std::string_view pattern, LetterCase letter_case);
  ~LogPattern();
  LogPattern(LogPattern&&) noexcept;
  LogPattern& operator=(LogPattern&&) noexcept;

  /// Whether it matches anywhere in `text` (any bytes; those that are no UTF-8 match nothing).
  /// An Error: more steps or memory than the limits allow.
  Result<bool> matches(std::string_view text);
  /// Appends every part of `text` that matches and is not empty.
  Status find_all(std::string_view text, std::vector<MatchedPart>& parts);

 private:
  struct Compiled;
  explicit LogPattern(std::unique_ptr<Compiled> compiled);
  /// From `from` on; false: none.
  Result<bool> find(std::string_view text, std::size_t from, MatchedPart& part);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace stayd::app
