// SPDX-License-Identifier: Apache-2.0
// The pattern of logs --grep: a Pattern with a limit on the time that one line may take.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pattern.h"
#include "base/result.h"

namespace stayd::app {

class LogPattern {
 public:
  /// The Error shows where in the pattern it is wrong, and why.
  static Result<LogPattern> compile(std::string_view pattern, LetterCase letter_case);

  /// Whether it matches anywhere in `text`. An Error: more steps, memory or time than the limits
  /// allow.
  [[nodiscard]] Result<bool> matches(std::string_view text) const;
  /// Appends every part of `text` that matches and is not empty.
  Status find_all(std::string_view text, std::vector<MatchedPart>& parts) const;

 private:
  explicit LogPattern(Pattern pattern) : pattern_(std::move(pattern)) {}
  /// From `from` on; false: none.
  Result<bool> find(std::string_view text, std::size_t from, MatchedPart& part) const;
  Pattern pattern_;
};

}  // namespace stayd::app
