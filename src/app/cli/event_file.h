// SPDX-License-Identifier: Apache-2.0
// The events of a supervisor, as its log folder has them: past ones and those that come. One source
// for both, so that none is missed or shown twice between them, and no supervisor need run.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/event_record.h"
#include "base/result.h"
#include "journal/reader.h"

namespace stayd::app {

struct EventLine {
  std::string text;  ///< as it stands in the file, without its line end
  EventRecord event;
};

class EventFile {
 public:
  static std::string folder_of(const std::string& log_dir) { return log_dir + "/@events"; }
  /// ENOENT: nothing has been recorded.
  static Result<EventFile> open(const std::string& log_dir);

  /// The last `most` that `passes(event)`, in order; then next() gives what comes behind them.
  template <typename Passes>
  std::vector<EventLine> last(std::size_t most, Passes passes) {
    std::vector<EventLine> found;
    const auto end = seek_end();
    while (found.size() < most) {
      auto line = previous();
      if (!line) break;
      if (passes(line->event)) found.push_back(std::move(*line));
    }
    reader_.go_back(end);
    std::ranges::reverse(found);
    return found;
  }
  /// Goes to shortly before the first one of `at` or later.
  void seek_time(WallTime at) { reader_.seek_time(at); }
  /// The next one; none at present. Lines that are no events are skipped and counted.
  std::optional<EventLine> next();
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  explicit EventFile(journal::LogReader reader) : reader_(std::move(reader)) {}
  journal::LogReader::Position seek_end();
  std::optional<EventLine> previous();
  std::optional<EventLine> event_of(journal::LogLine line);

  journal::LogReader reader_;
  std::uint64_t damaged_ = 0;
};

/// Says that nothing has been recorded there, or why it cannot be read; the exit code for it.
int report_no_events(const std::string& log_dir, const Error& error);

}  // namespace stayd::app
