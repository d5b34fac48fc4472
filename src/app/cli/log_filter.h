// SPDX-License-Identifier: Apache-2.0
// --grep: passes lines that match, with their context, on to the printer. The context of a line is
// what the same instance printed around it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/log_merge.h"
#include "app/cli/log_pattern.h"
#include "app/cli/log_printer.h"

namespace stayd::app {

class LogFilter {
 public:
  /// Without a pattern everything passes. Borrows `printer`.
  LogFilter(LogPrinter& printer, const LogStyle& style, std::optional<WantedMatch> wanted,
            std::optional<LogPattern> pattern)
      : printer_(printer),
        style_(style),
        wanted_(std::move(wanted)),
        pattern_(std::move(pattern)) {}

  /// Whether the line is one that is asked for. An Error: the pattern takes too long on it.
  Result<bool> matches(const journal::LogLine& line);
  /// So many of the lines that match next are context at most.
  void ignore_matches(std::size_t count) { ignored_ = count; }
  /// Prints the line if it is asked for, or the context of one.
  Status take(const LogSource& source, const journal::LogLine& line);

 private:
  struct Kept {
    const LogSource* source;
    journal::LogLine line;
  };
  struct Context {
    std::deque<Kept> before;  ///< may become the context of a match
    std::size_t before_bytes = 0;
    std::size_t after_left = 0;
    bool skipped = true;  ///< lines since the last one that was printed
  };
  void print_waiting(Context& context);
  void keep(Context& context, const LogSource& source, const journal::LogLine& line) const;

  LogPrinter& printer_;
  LogStyle style_;
  std::optional<WantedMatch> wanted_;
  std::optional<LogPattern> pattern_;
  std::vector<MatchedPart> parts_;                        ///< of the line that was looked at last
  std::map<std::string, Context, std::less<>> contexts_;  ///< by instance
  std::size_t ignored_ = 0;
  bool printed_ = false;
};

}  // namespace stayd::app
