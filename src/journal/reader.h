// SPDX-License-Identifier: Apache-2.0
// Reads one log, line by line, across its segments, with the times and runs that its index has.
// Needs no supervisor; tolerates a log that is being written, rotated, or damaged: what the index
// does not cover has no time, and no text is ever left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/index_format.h"
#include "journal/segment_names.h"
#include "os/fd.h"

namespace stayd::journal {

struct LogLine {
  WallTime at;              ///< of the burst that it came in
  bool time_known = false;  ///< else `at` is that of the line before it, or 0
  RunId run = no_run;       ///< no_run: not known
  std::string text;         ///< without its line end; at most most_line_bytes of it
  std::uint64_t lost = 0;   ///< not 0: no line, but so many bytes that were not kept
};

/// A longer line comes in pieces of this size: memory stays bounded.
inline constexpr std::size_t most_line_bytes = 64u << 10;

class LogReader {
 public:
  /// `folder` is <log-dir>/<instance>. Begins at the first segment. ENOENT: there is no such
  /// folder.
  static Result<LogReader> open(const std::string& folder, LogKind kind);

  /// Goes to where `lines` lines are left, reading from the end only.
  void seek_last(std::size_t lines);
  /// Goes to shortly before the first line of `at` or later, by the indexes: what comes before it
  /// is left to the caller to skip.
  void seek_time(WallTime at);
  /// The same for the first line of `run`.
  void seek_run(RunId run);
  /// The greatest run below `bound` that printed something; none: there is none.
  [[nodiscard]] std::optional<RunId> run_before(RunId bound) const;
  /// The next whole line; none at present. May be asked again when more was written.
  std::optional<LogLine> next();
  /// What stands behind the last line end.
  std::optional<LogLine> rest();

 private:
  LogReader(std::string folder, LogKind kind) : folder_(std::move(folder)), kind_(kind) {}
  [[nodiscard]] std::vector<std::uint64_t> closed_segments() const;
  [[nodiscard]] std::string path(bool index) const;
  [[nodiscard]] std::string index_path(std::optional<std::uint64_t> closed) const;
  [[nodiscard]] std::optional<IndexRecord> first_record(std::optional<std::uint64_t> closed) const;
  /// `precedes(record)`: what is sought comes after it.
  template <typename Precedes>
  void seek(Precedes precedes);
  void go_to(std::uint64_t offset);
  bool open_segment(std::optional<std::uint64_t> closed, std::uint64_t number);
  bool open_next_segment();
  [[nodiscard]] bool was_rotated() const;
  bool fill();
  void load_index();
  LogLine take(std::size_t length, std::size_t line_end);
  void set_time(LogLine& line);
  std::optional<LogLine> lost_before();
  std::optional<std::uint64_t> find_last(std::size_t& lines, bool at_very_end) const;

  std::string folder_;
  LogKind kind_;
  os::Fd text_;
  std::uint64_t inode_ = 0;
  std::optional<std::uint64_t> closed_;  ///< the segment's number; none: the current one
  std::uint64_t number_ = 0;             ///< the number that it has or will have
  std::uint64_t offset_ = 0;             ///< of buffer_[at_] in the segment
  std::string buffer_;
  std::size_t at_ = 0;
  std::vector<IndexRecord> records_;
  std::uint64_t index_bytes_ = 0;
  std::size_t next_record_ = 0;  ///< those before it were looked at for gaps
  WallTime last_time_;
};

}  // namespace stayd::journal
