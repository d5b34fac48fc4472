// SPDX-License-Identifier: Apache-2.0
// Log lines as `stayd logs` shows them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/cli/log_merge.h"
#include "app/cli/output.h"
#include "base/pattern.h"

namespace stayd::app {

struct LogStyle {
  LogFormat format = LogFormat::brief;
  bool prefix = true;
  bool colours = false;
  bool terminal = false;  ///< nothing passes that a terminal obeys, but colours
  std::size_t name_width = 0;
};

/// What of a line is shown besides its prefix, without colours: what --grep looks at.
std::string searched_text(const LogStyle& style, const journal::LogLine& line);

class LogPrinter {
 public:
  explicit LogPrinter(const LogStyle& style) : style_(style) {}
  void widen_names(std::size_t width) { style_.name_width = std::max(style_.name_width, width); }
  /// `source` is to stay where it is; `matched` are parts of searched_text().
  void print(const LogSource& source, const journal::LogLine& line,
             std::span<const MatchedPart> matched = {});
  /// Between groups of lines with their context.
  void print_separator();
  /// Ends a line that has none.
  void end();
  void end_line() { break_line(); }
  /// Writes what waits; false: nobody reads any more.
  bool flush();
  [[nodiscard]] bool is_gone() const { return gone_; }
  [[nodiscard]] const std::string& waiting() const { return out_; }

 private:
  void begin_line(const LogSource& source, const journal::LogLine& line);
  [[nodiscard]] std::string prefix_of(const LogSource& source, std::optional<WallTime> at) const;
  void print_notice(const journal::LogLine& line);
  void print_text(const journal::LogLine& line, std::span<const MatchedPart> matched);
  void print_json(const LogSource& source, const journal::LogLine& line);
  void print_state(std::string_view text, std::span<const MatchedPart> matched);
  void print_shown(std::string_view text, std::span<const MatchedPart> matched);
  [[nodiscard]] bool continues(const LogSource& source, const journal::LogLine& line) const;
  void break_line();
  [[nodiscard]] bool is_raw() const {
    return style_.format == LogFormat::plain && !style_.terminal;
  }

  LogStyle style_;
  std::string out_;
  /// The line that stands there without an end: whose, and of which run.
  struct OpenLine {
    std::string instance;
    journal::LogKind kind;
    RunId run;
  };
  std::optional<OpenLine> open_;
  bool gone_ = false;
  /// What the last line began with: many have the same.
  struct Prefix {
    const LogSource* source = nullptr;
    std::int64_t at = -1;
    std::size_t width = 0;
    std::string text;
    [[nodiscard]] bool is_same(const Prefix& other) const {
      return source == other.source && at == other.at && width == other.width;
    }
  };
  Prefix prefix_;
};

}  // namespace stayd::app
