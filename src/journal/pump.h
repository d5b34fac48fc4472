// SPDX-License-Identifier: Apache-2.0
// Moves what waits in a stream's pipe to where it belongs.
//
// The usual way is two hops: the service's pipe -> the private pipe -> the file. While the private
// pipe holds bytes that cannot be written (disk full, policy `block`), or bytes that a predecessor
// left and whose stream is not known yet, other streams go in one hop, from their pipe to their
// file: as exact, only slower for the service.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "journal/console.h"
#include "journal/line_sinks.h"
#include "journal/log_set.h"
#include "journal/private_pipe.h"
#include "journal/scratch_pipe.h"
#include "journal/stream_table.h"

namespace stayd::journal {

enum class TurnEnd : std::uint8_t {
  more,     ///< something was moved; there may be more
  empty,    ///< nothing waits
  at_end,   ///< every writer has closed the pipe, and it is empty
  blocked,  ///< its log cannot be written and its policy is to wait
};

struct Turn {
  std::size_t bytes = 0;
  TurnEnd end = TurnEnd::empty;
};

/// What one turn moves at most: a chatty stream cannot starve the others.
inline constexpr std::size_t most_turn_bytes = 1u << 20;

class Pump {
 public:
  Pump(PrivatePipe pipe, OwnerWord owner, LogSet& logs, Console& console);

  /// One bounded amount.
  Turn turn(Stream& stream, const Stamp& now);
  /// What a turn of this stream would move, if that is much and goes straight to its file: several
  /// of them can be moved at once. moved() is told what became of each.
  std::optional<os::PieceToMove> piece_of(Stream& stream, const Stamp& now);
  void moved(Stream& stream, const os::Transfer& done, const Stamp& now);
  /// All that waits now, and no more: written, or dropped where the log cannot be written.
  void finish(Stream& stream, const Stamp& now);

  /// The number of the stream whose bytes are in the private pipe, left there by a predecessor or
  /// by a full disk; 0: it is empty.
  [[nodiscard]] std::uint32_t parked() const { return parked_; }
  /// Finishes that stream's bytes, now that it is known. Blocked: they stay.
  TurnEnd finish_parked(Stream& stream, const Stamp& now);
  /// Empties the private pipe: nobody knows the stream any more.
  void forget_parked();

  /// Notes the end of its run in the log.
  void note_end(Stream& stream, const Stamp& now);
  /// The index record of what the last turns moved goes to its file.
  void flush_index(const Stream& stream);
  /// The log grows by large reserved steps from now on, or no longer.
  void reserve_ahead(const Stream& stream);
  void give_back_reserve(const Stream& stream);

  /// Tries whether a log in trouble can be written again; ends the trouble if so.
  void retry(Instance& instance, LogKind kind, const Stamp& now);
  /// Whether any log is in trouble which is not over (or not told): retry and tell.
  [[nodiscard]] bool in_trouble() const { return troubles_ != 0; }
  void trouble_forgotten() { --troubles_; }
  LineSinks& sinks() { return sinks_; }
  /// Called at once when a stream's pattern was found, before the bytes leave its pipe: a log
  /// writer that is killed has told it, or its successor finds it again.
  void on_match(std::function<void(Stream&)> tell) { tell_match_ = std::move(tell); }
  /// Whether a trouble has begun since the last call.
  bool take_news() { return std::exchange(news_, false); }

 private:
  Turn two_hops(Stream& stream, const Stamp& now);
  Turn one_hop(Stream& stream, const Stamp& now);
  std::size_t look_through(Stream& stream, os::FdView pipe, std::size_t inside);
  void look_for_pattern(Stream& stream, std::string_view front);
  void found_pattern(Stream& stream);
  Turn without_file(Stream& stream, std::size_t most, const Stamp& now);
  Turn limited(Stream& stream, std::size_t waiting, const Stamp& now);
  Turn drop_limited(Stream& stream, std::size_t waiting, const Stamp& now);
  std::size_t first_line(os::FdView pipe, std::size_t most);
  void note_limited(Stream& stream, std::size_t bytes, const Stamp& now);
  void record_limited(Instance& instance, LogKind kind, const Stamp& now);
  TurnEnd write_out(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);
  void note_written(Stream& stream, std::size_t bytes);
  Moved write_piece(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);
  struct Waiting {
    os::FdView pipe;
    std::size_t bytes = 0;  ///< of what is in it, that may be written
  };
  Moved write_text(Stream& stream, OpenLog& log, const Waiting& waiting, const Stamp& now);
  int begin_text(const Stream& stream, OpenLog& log, OpenLine& line);
  void end_text(const Stream& stream, OpenLog& log, const Stamp& now);
  void deliver(const Stream& stream, std::string_view bytes, const Stamp& now);
  void show(const Stream& stream, const Moved& moved, os::FdView text, const Stamp& now);
  bool make_room(Stream& stream, int number, const Stamp& now);
  LogTrouble& trouble_of(LogFile& file);
  void stop_output(Stream& stream, std::string why, const Stamp& now);
  std::size_t drop(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);
  void drop_all(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);

  PrivatePipe pipe_;
  OwnerWord owner_;
  LogSet& logs_;
  Console& console_;
  LineSinks sinks_;
  ScratchPipe scratch_;
  LineAssembler pattern_lines_;
  std::function<void(Stream&)> tell_match_;
  std::uint32_t parked_ = 0;
  std::uint32_t troubles_ = 0;
  bool news_ = false;
  std::string text_;               ///< made of bytes_, to be written
  std::array<char, 16384> bytes_;  ///< for what must be looked at; untouched pages cost nothing
};

}  // namespace stayd::journal
