// SPDX-License-Identifier: Apache-2.0
// One log, open for writing: the current segment, its index, and how it is closed and followed by
// the next one.
//
// A segment is closed between two transfers by renaming text and index, so that no byte is lost or
// doubled and whoever has the file open keeps reading the same text. It ends at the last line end
// within its final part (64 KiB, or a fourth of a small `max_size`) if there is one there, else at
// max_size exactly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "journal/index_writer.h"
#include "journal/scratch_pipe.h"
#include "journal/segment_names.h"
#include "os/fd.h"
#include "os/splice_team.h"

namespace stayd::journal {

/// Where a log lies. Borrows both texts.
struct LogPlace {
  const std::string* log_dir = nullptr;
  const std::string* instance = nullptr;
  std::uint32_t service_uid = 0;
  LogKind kind = LogKind::out;
  Duration max_age{};  ///< for its index
};

struct SegmentLimits {
  std::uint64_t max_size = 16u << 20;
  std::uint32_t max_files = 8;
  Duration max_age;             ///< 0: any
  std::uint64_t max_total = 0;  ///< 0: no limit
  /// Text and index of the current segment together, with a max_total; 0: any.
  std::uint64_t max_with_index = 0;
};
/// With a max_size that lets the current segments of both kinds and closed ones be within
/// max_total.
SegmentLimits limits_of(const StreamSettings& settings);

/// A piece that step() moved.
struct Moved {
  std::uint64_t offset = 0;  ///< where it begins in the text file
  std::size_t bytes = 0;
  int number = 0;  ///< errno; 0: none
};

/// Where a segment may be closed before a piece that append() is to write.
enum class Cut : std::uint8_t {
  here,     ///< when the piece does not fit any more: it begins at a line's beginning
  in_line,  ///< when the segment is full: the piece goes on with a line
  never,    ///< the piece goes on with something that is not to be torn
};

class OpenLog {
 public:
  /// Opens text and index, made where missing, repaired where a crash left them.
  static Result<std::unique_ptr<OpenLog>> open(const LogPlace& place);
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;
  /// Writes the index out and gives reserved blocks back.
  ~OpenLog();

  /// Moves at most `inside` bytes, which wait in `pipe`, to the text's end; closes the segment
  /// first when it is full. Call it until nothing is inside. With a number, `bytes` is 0 and all of
  /// them are still in the pipe.
  Moved step(os::FdView pipe, std::size_t inside, const SegmentLimits& limits,
             ScratchPipe& scratch);
  /// The piece that step() would move, if it is one of at least `least` bytes that neither closes
  /// the segment nor is searched for line ends. Nothing but moved() may be asked of this log then,
  /// which tells what became of it; until it is told there is no other piece: two runs of an
  /// instance have one file.
  std::optional<os::PieceToMove> piece_of(os::FdView pipe, std::size_t inside, std::size_t least,
                                          const SegmentLimits& limits);
  Moved moved(const os::Transfer& done);
  /// Writes all of `text` at the end, or nothing of it; closes the segment first where the cut says
  /// so. `bytes` are those of the text.
  Moved append(std::string_view text, Cut cut, const SegmentLimits& limits);
  /// Whether a piece of `bytes` no longer fits into the current segment.
  [[nodiscard]] bool is_near_end(std::size_t bytes, const SegmentLimits& limits) const;
  /// Whether the text is empty, or ends with a line end.
  [[nodiscard]] bool at_line_end() const;
  /// Cuts the text to this size, after a crash.
  int cut_to(std::uint64_t size);
  /// Tells the index about what step() moved.
  void note(const Moved& moved, RunId run, const Stamp& now);
  /// Another record at the text's end: gap (`value` bytes), run_ended.
  void note(RecordKind kind, RunId run, std::uint64_t value, const Stamp& now);
  /// Writes the index out. 0 or errno.
  int flush_index() { return index_.flush(); }
  [[nodiscard]] bool index_dirty() const { return index_.dirty(); }

  /// Closes the current segment now, if it has any bytes. After an Error the log is broken().
  Status rotate(const SegmentLimits& limits);
  /// Does what is to be done because of its age: closes the current segment an eighth of
  /// `max_age` after its first byte, removes closed ones. Afterwards age_deadline() is later.
  Status keep_age(const SegmentLimits& limits, const Stamp& now);
  /// When keep_age() wants to be called; never: not before the next byte.
  [[nodiscard]] Instant age_deadline(Duration max_age) const;
  /// Whether there are closed segments, since the last call, that may not be compressed.
  bool take_closed() { return std::exchange(has_closed_, false); }

  /// The current segment could not be begun: this object is of no use any more, open another.
  [[nodiscard]] bool broken() const { return !text_.valid(); }
  /// Whether the text file still has the size that we gave it (not so after a truncation) and its
  /// name (not so after logrotate, rm, mv; looked at once a second).
  bool in_place(Instant now);

  /// Reserve blocks ahead from now on: the stream is hot. Until give_back_reserve().
  void reserve_ahead() { reserves_ = reserving_pays_; }
  void give_back_reserve();
  [[nodiscard]] bool has_reserve() const { return reserved_to_ > size_; }

  /// 0: there is room for some 64 KiB more; else errno.
  int probe_room();
  /// Makes room: removes the oldest closed segment, or empties the current one when it is the only
  /// one and not small (a gap record then says how much went). The bytes of text that went; 0:
  /// nothing could be removed.
  std::uint64_t drop_oldest(const Stamp& now);

  [[nodiscard]] os::FdView text() const { return text_.view(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The run that the text's last bytes are of, as far as the index knows.
  [[nodiscard]] RunId last_run() const { return index_.last_run(); }

 private:
  OpenLog(const LogPlace& place, IndexWriter index) : place_(place), index_(std::move(index)) {}
  std::size_t allowance(os::FdView pipe, std::size_t inside, std::uint64_t max_size,
                        ScratchPipe& scratch);
  [[nodiscard]] bool index_fills(const SegmentLimits& limits) const;
  int rotate_if_full(const SegmentLimits& limits);
  os::Transfer transfer(os::FdView pipe, std::size_t most, ScratchPipe& scratch);
  os::Transfer copy(os::FdView pipe, std::size_t most, ScratchPipe& scratch);
  void reserve_for(std::size_t bytes, std::uint64_t max_size);
  void free_reserve();
  void look_for_hole(Moved& moved);
  void close_hole(Moved& moved);
  void restart_index(const Stamp& now);
  void cut_at_end();
  [[nodiscard]] Result<os::Fd> folder() const;
  void retain_closed(os::FdView folder, const SegmentLimits& limits, const Stamp& now);
  Status begin_segment(os::FdView folder);
  Status take_text(os::Fd text);
  std::uint64_t empty_current(const Stamp& now);

  LogPlace place_;
  os::Fd text_;
  std::uint64_t inode_ = 0, device_ = 0;  ///< of text_
  std::uint64_t size_ = 0;
  int first_ = -1;                 ///< the text's first byte; -1: there was none
  std::uint64_t reserved_to_ = 0;  ///< end of the reserved blocks; 0: none
  std::uint64_t next_segment_ = 1;
  Instant looked_;                      ///< when in_place() looked
  Instant born_ = Instant::never();     ///< of its first byte
  Instant expires_ = Instant::never();  ///< when the oldest closed segment is to be removed
  bool has_closed_ = false;
  bool full_ = false;  ///< close the segment before the next byte
  bool lent_ = false;  ///< a piece is under way to size_
  bool can_splice_ = true;
  bool reserving_pays_ = false;
  bool reserves_ = false;
  IndexWriter index_;
};

}  // namespace stayd::journal
