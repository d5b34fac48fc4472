// SPDX-License-Identifier: Apache-2.0
// The log writer's streams: one for each output of each run, thousands of them, so small.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/pattern.h"
#include "base/time.h"
#include "journal/consumer.h"
#include "journal/line_text.h"
#include "journal/log_set.h"
#include "journal/protocol.h"
#include "journal/rate_limit.h"
#include "os/fd.h"

namespace stayd::journal {

enum class StreamState : std::uint8_t {
  free,     ///< the slot holds no stream
  watched,  ///< in epoll
  hot,      ///< written so often that it is looked at every so many microseconds instead
  blocked,  ///< its log cannot be written, and its policy is to wait
  ended,    ///< at its end, which the supervisor has not been told yet
};

/// Whether its ready pattern was found.
enum class MatchState : std::uint8_t {
  none,
  found,  ///< the supervisor is to be told
  told,
};

struct Stream {
  Instance* instance = nullptr;
  const StreamSettings* settings = nullptr;  ///< owned by the StreamTable
  RunId run = no_run;
  std::uint64_t logged = 0;  ///< bytes of it that are in the log
  Instant last_turn;
  os::Fd read_end;
  std::uint32_t number = 0;
  std::uint32_t generation = 0;  ///< of the slot: tells a stale epoll report apart
  std::uint32_t capacity = 0;    ///< of its pipe, known once it was hot
  StreamKind kind = StreamKind::stdout_only;
  StreamState state = StreamState::free;
  std::uint8_t empty_looks = 0;  ///< in a row, while hot
  std::uint8_t full_looks = 0;   ///< while hot: the pipe was nearly full
  bool has_written = false;      ///< bytes of it are in the log
  bool was_moved = false;        ///< in this round, while hot
  MatchState match = MatchState::none;
  std::uint32_t looked = 0;  ///< bytes at the front of its pipe that were looked through
  std::unique_ptr<RateLimit> limit;
  Consumer* consumer = nullptr;     ///< not owned
  std::unique_ptr<Pattern> wanted;  ///< looked for in its lines; gone once it was found
};

/// What is looked for in its lines; none, also where it is no expression.
std::unique_ptr<Pattern> pattern_of(const Streams& message);

inline LineSource line_source_of(const Stream& stream) {
  return {.instance = *stream.instance->name,
          .run = stream.run,
          .kind = stream.kind,
          .stream = stream.number};
}

class StreamTable {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot no_slot = ~Slot{0};

  /// A new stream's slot. `number` must be unknown.
  Slot add(std::uint32_t number);
  void remove(Slot slot);
  [[nodiscard]] Slot find(std::uint32_t number) const;
  Stream& at(Slot slot) { return streams_[slot]; }
  [[nodiscard]] const Stream& at(Slot slot) const { return streams_[slot]; }
  /// Slots in use are below this; those whose state is free are not.
  [[nodiscard]] Slot end() const { return static_cast<Slot>(streams_.size()); }
  [[nodiscard]] std::size_t count() const { return by_number_.size(); }

  /// The one stored copy of equal settings. Lives as long as the table: there are as many as there
  /// are different [service.*.log] tables.
  const StreamSettings* settings(const StreamSettings& wanted);

 private:
  std::deque<Stream> streams_;  // references stay good
  std::vector<Slot> free_;
  std::unordered_map<std::uint32_t, Slot> by_number_;
  std::deque<StreamSettings> settings_;
};

}  // namespace stayd::journal
