// SPDX-License-Identifier: Apache-2.0
// The lines of several logs in the order of their times, forwards or backwards. Of each log one
// line is held: memory does not depend on how much there is to read.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/log_options.h"
#include "base/result.h"
#include "journal/reader.h"

namespace stayd::app {

/// One log that is read, with its next line.
struct LogSource {
  std::string instance;
  journal::LogKind kind = journal::LogKind::out;
  journal::LogReader reader;
  std::optional<RunId> run;                    ///< only lines of this one
  journal::LogReader::Position begin;          ///< nothing before it is wanted
  std::optional<journal::LogLine> line;        ///< held by the merge
  journal::LogReader::Position before_line{};  ///< where the reader stood when it took `line`
  bool is_over = false;                        ///< what comes now is not wanted
  /// -f: since when its next line waits for the index, which is written after the text.
  Instant waits_since = Instant::never();
};

/// How long a line waits for its time.
inline constexpr Duration most_index_delay = seconds(1);

class LogMerge {
 public:
  explicit LogMerge(const WantedLogs& wanted) : wanted_(wanted) {}

  /// Takes in the logs in `folder`, <log-dir>/<instance>; not an Error: there is no folder of that
  /// name, or nothing of the kind that is wanted.
  Status add(const std::string& folder, const std::string& instance);
  [[nodiscard]] bool has(const std::string& instance) const;
  [[nodiscard]] std::size_t size() const { return sources_.size(); }
  [[nodiscard]] LogSource& source(std::size_t number) { return sources_[number]; }

  /// From the beginning of what is wanted.
  void begin_ahead();
  /// From its end.
  void begin_behind();
  /// After begin_behind: forwards again, over the lines that were given.
  void turn_ahead();

  /// The line that follows, or with begin_behind the one before; none: there is none at present.
  struct Given {
    std::size_t source = 0;
    journal::LogLine line;
  };
  std::optional<Given> take();
  /// -f: whether a line waits for its time. To be looked at again within most_index_delay.
  [[nodiscard]] bool waits_for_index() const;
  /// Looks whether a log has more by now, for take().
  void look_again(std::size_t source);
  /// What stands behind its last line end, if it is of the kind that is wanted; as LineEnd::more.
  std::optional<journal::LogLine> take_unfinished(std::size_t source);

 private:
  enum class Direction : std::uint8_t { ahead, behind };
  Result<std::optional<RunId>> run_of(const std::string& folder) const;
  void advance(LogSource& source);
  std::optional<journal::LogLine> read_ahead(LogSource& source);
  static bool is_to_wait(LogSource& source, const journal::LogLine& line);
  static std::optional<journal::LogLine> read_behind(LogSource& source);
  [[nodiscard]] bool passes(const LogSource& source, const journal::LogLine& line) const;
  void enter(std::size_t source);
  std::optional<Given> hand_out(std::size_t source);
  [[nodiscard]] bool comes_later(std::size_t a, std::size_t b) const;

  WantedLogs wanted_;
  Direction direction_ = Direction::ahead;
  std::deque<LogSource> sources_;          ///< in place: a filter keeps pointers
  std::vector<std::size_t> heap_;          ///< those that hold a line
  std::optional<std::size_t> given_last_;  ///< whose next line is not read yet
  bool goes_on_ = false;                   ///< its line has more pieces
};

}  // namespace stayd::app
