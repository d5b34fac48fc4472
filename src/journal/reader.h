// SPDX-License-Identifier: Apache-2.0
// Reads one log, line by line and in both directions, across its segments, with the times and runs
// that its index has. Needs no supervisor; tolerates a log that is being written, rotated, thinned
// out or damaged: what the index does not cover has no time, and no text that is there is left out.
//
// What is sought is found by bisection: neither text nor index before it is read. Memory is a few
// blocks, however long lines, segments and indexes are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "journal/segment_walk.h"

namespace stayd::journal {

/// What stands behind the text of a LogLine.
enum class LineEnd : std::uint8_t {
  line_end,  ///< a line end
  more,      ///< more of the same line, which is too long for one piece or goes on in a new segment
  none,      ///< nothing: the run, or the log, ends in the middle of a line
};

struct LogLine {
  Stamp at;                 ///< of the burst that it came in
  bool time_known = false;  ///< else `at` is that of the line read before it, or 0
  RunId run = no_run;       ///< no_run: not known
  LineEnd end = LineEnd::line_end;
  std::string text;                    ///< without its line end; at most most_line_bytes of it
  std::uint64_t lost = 0;              ///< not 0: no line, but so many bytes that were not kept
  std::uint64_t missing_segments = 0;  ///< not 0: no line, but segments that were removed
  std::uint64_t unreadable =
      0;  ///< not 0: no line, but so many bytes that cannot be read; text: why
  /// Says what is missing, and is no line.
  [[nodiscard]] bool is_notice() const { return lost + missing_segments + unreadable != 0; }
};

/// A longer line comes in pieces of this size.
inline constexpr std::size_t most_line_bytes = 64u << 10;

class LogReader {
 public:
  /// `folder` is <log-dir>/<instance>. Stands before the first segment; opens no file before it is
  /// needed. ENOENT: there is no such folder.
  static Result<LogReader> open(const std::string& folder, LogKind kind);

  /// How much is read at once: 64 KiB unless told; less where many logs are read together. With
  /// less no frame of a compressed segment is kept in memory: unpacked again for each block.
  void set_block(std::size_t bytes) { block_ = bytes; }

  /// Goes to the end of what there is.
  void seek_end();
  /// Goes to shortly before the first line of `at` or later, by the indexes: what comes before it
  /// is left to the caller to skip.
  void seek_time(WallTime at);
  /// The same for the first line of `run`.
  void seek_run(RunId run);
  /// Goes behind the last line that had begun by `at`.
  void seek_time_end(WallTime at);
  /// Goes to where nothing of `run` stands behind it, or the end.
  void seek_run_end(RunId run);
  /// The greatest run below `bound` that printed something; none: there is none.
  [[nodiscard]] std::optional<RunId> run_before(RunId bound) const {
    return walk_.run_before(bound);
  }

  /// The next line, which is whole, or of which nothing more will come; none at present. May be
  /// asked again when more was written.
  std::optional<LogLine> next();
  /// What stands behind the last line end.
  std::optional<LogLine> rest();
  /// The line before: of a long one its first piece. next() then gives the same again; goes on
  /// to the line before it when asked again. None: there is none.
  std::optional<LogLine> previous();

  /// Where the reader stands.
  struct Position {
    SegmentWalk::Place segment;
    std::uint64_t offset = 0, record = 0;
    /// Whether it is at `other` or beyond.
    [[nodiscard]] bool reaches(const Position& other) const {
      return std::pair(segment.number, offset) >= std::pair(other.segment.number, other.offset);
    }
  };
  [[nodiscard]] Position position() const {
    return {.segment = walk_.place(), .offset = offset_, .record = record_};
  }
  /// Whether the index has nothing yet of what stands here: it is written after the text.
  [[nodiscard]] bool is_ahead_of_index() const {
    return walk_.is_current() && record_ >= walk_.index().count();
  }
  /// The end of the text that has been read ahead, in the segment.
  [[nodiscard]] std::uint64_t end_of_known() const { return buffer_from_ + buffer_.size(); }
  /// Goes back to where it stood; where that segment was removed meanwhile, to the first.
  void go_back(const Position& position);

 private:
  static constexpr std::size_t usual_block = 64u << 10;
  LogReader(std::string folder, LogKind kind) : walk_(std::move(folder), kind) {}
  void begin_segment();
  void stand_at_end();
  void stand_before(std::uint64_t record);
  bool next_segment();
  void begin_again_if_truncated();

  [[nodiscard]] std::string_view ahead() const;
  bool fill_ahead();
  bool fill_behind();
  LogLine take(std::size_t length, LineEnd end);
  [[nodiscard]] LogLine describe(std::uint64_t offset) const;
  std::optional<LogLine> notice_ahead();
  std::optional<LogLine> notice_behind(std::optional<std::uint64_t> line_begin);
  std::optional<LogLine> missing_segments();
  std::size_t length_within_run(std::size_t length);
  bool run_has_ended_at(std::uint64_t offset);
  std::optional<std::uint64_t> line_begin_behind();
  std::uint64_t run_begin_behind(std::uint64_t line_begin);
  LogLine piece_from(std::uint64_t begin);
  std::optional<LogLine> unreadable_ahead();
  LogLine unreadable_behind();
  [[nodiscard]] LogLine unreadable(std::uint64_t bytes) const;
  void find_covering();

  SegmentWalk walk_;
  std::size_t block_ = usual_block;
  std::uint64_t missing_ = 0;      ///< segments that are to be told of
  std::uint64_t offset_ = 0;       ///< in the segment: where the reader stands
  std::uint64_t buffer_from_ = 0;  ///< of buffer_[0] in the segment; not beyond offset_
  std::string buffer_;
  std::uint64_t record_ = 0;             ///< those before it have been passed
  std::optional<IndexRecord> covering_;  ///< the last burst among them
  Stamp last_time_;
  bool failed_ = false;  ///< the segment could not be read any further
  bool told_unreadable_ = false;
  bool looked_for_index_ = false;  ///< since text was read last
};

/// The greatest number of a run that any of the logs in <log-dir> has; no_run: none. Its successors
/// are to have greater ones, so that logs can be looked through by them.
RunId greatest_run(const std::string& log_dir);

}  // namespace stayd::journal
