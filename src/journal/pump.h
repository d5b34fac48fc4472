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
#include <string>
#include <utility>

#include "base/result.h"
#include "journal/console.h"
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
  /// Whether a trouble has begun since the last call.
  bool take_news() { return std::exchange(news_, false); }

 private:
  Turn two_hops(Stream& stream, const Stamp& now);
  Turn one_hop(Stream& stream, const Stamp& now);
  Turn to_console_only(Stream& stream, Instant now);
  TurnEnd write_out(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);
  Moved write_piece(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now);
  void show(const Stream& stream, const Moved& moved, os::FdView text, Instant now);
  bool make_room(Stream& stream, int number, const Stamp& now);
  LogTrouble& trouble_of(LogFile& file);
  void stop_output(Stream& stream, std::string why, const Stamp& now);
  std::size_t drop(Stream& stream, os::FdView pipe, std::size_t inside, Instant now);
  void drop_all(Stream& stream, os::FdView pipe, std::size_t inside, Instant now);

  PrivatePipe pipe_;
  OwnerWord owner_;
  LogSet& logs_;
  Console& console_;
  ScratchPipe scratch_;
  std::uint32_t parked_ = 0;
  std::uint32_t troubles_ = 0;
  bool news_ = false;
  std::array<char, 16384> bytes_;  ///< for what must be looked at; untouched pages cost nothing
};

}  // namespace stayd::journal
