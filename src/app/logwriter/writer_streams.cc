// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "app/logwriter/tokens.h"
#include "app/logwriter/writer.h"
#include "journal/stamp.h"
#include "os/splice.h"

namespace stayd::app {

namespace {

using journal::StreamState;
using journal::TurnEnd;

// A stream that wrote this much at once, or again so soon, is hot.
constexpr std::size_t much = 16u << 10;
constexpr Duration soon = milliseconds(1);
constexpr std::uint8_t empty_looks_to_cool = 2;
constexpr std::size_t most_together = 12;
constexpr Duration longest_together = milliseconds(2);

}  // namespace

void Writer::watch(Slot slot) {
  journal::Stream& stream = streams_.at(slot);
  stream.state = StreamState::watched;
  const auto done =
      epoll_.add(stream.read_end.view(), os::readable, stream_token(slot, stream.generation));
  if (!done) block(slot);  // no memory for it: tried again
}

/// Whatever state it is in, it is neither in epoll nor counted after this.
void Writer::rest(Slot slot) {
  journal::Stream& stream = streams_.at(slot);
  switch (stream.state) {
    case StreamState::watched: epoll_.remove(stream.read_end.view()); break;
    case StreamState::hot: std::erase(hot_, slot); break;
    case StreamState::blocked: --blocked_; break;
    case StreamState::free:
    case StreamState::ended: break;
  }
  stream.state = StreamState::free;
}

void Writer::look(Slot slot) {
  journal::Stream& stream = streams_.at(slot);
  const journal::Stamp now = journal::stamp_now();
  const journal::Turn turn = pump_.turn(stream, now);
  switch (turn.end) {
    case TurnEnd::more: {
      const bool is_hot = turn.bytes >= much || now.since_boot - stream.last_turn < soon;
      stream.last_turn = now.since_boot;
      if (is_hot) return heat(slot);
      pump_.flush_index(stream);
      [[fallthrough]];
    }
    case TurnEnd::empty:
      if (stream.state != StreamState::watched) {
        rest(slot);
        watch(slot);
      }
      return;
    case TurnEnd::at_end: return end(slot);
    case TurnEnd::blocked: return block(slot);
  }
}

/// A few at a time: what they print is still in the processors' caches when it is written out, and
/// the others wait with full pipes for their turn.
void Writer::look_at_hot() {
  std::array<Slot, most_together> room;
  const std::size_t count = std::min(hot_.size(), most_together);
  const std::span<const Slot> group = std::span(room).first(count);
  std::copy_n(hot_.begin(), count, room.begin());
  std::ranges::rotate(hot_, hot_.begin() + static_cast<std::ptrdiff_t>(count));
  looked_at_ += count;
  if (count > 1) move_together(group);
  for (const Slot slot : group)
    if (!std::exchange(streams_.at(slot).was_moved, false)) look_at_hot(slot);
}

/// For a while, or until little waits in the pipes of these.
void Writer::move_together(std::span<const Slot> group) {
  std::array<os::PieceToMove, most_together> pieces;
  enum class State : std::uint8_t { in_pipe, under_way, refused };
  std::array<State, most_together> states{};
  journal::Stamp now = journal::stamp_now();
  const Instant end = now.since_boot + longest_together;
  std::size_t count = 0;  // of those under way
  const auto give = [&](std::size_t i) {
    const auto piece = pump_.piece_of(streams_.at(group[i]), now);
    if (!piece) return;
    pieces[i] = *piece;
    states[i] = State::under_way;
    ++count;
    team_.give(pieces[i]);
  };
  const auto take_back = [&](std::size_t i) {
    journal::Stream& stream = streams_.at(group[i]);
    const os::Transfer& done = pieces[i].done;
    states[i] = done.bytes > 0 ? State::in_pipe : State::refused;
    --count;
    pump_.moved(stream, done, now);
    if (done.bytes == 0) return;
    stream.was_moved = true;
    note_hot(group[i], done.bytes, now);
  };
  do {
    for (std::size_t i = 0; i < group.size() && now.since_boot < end; ++i)
      if (states[i] == State::in_pipe) give(i);
    if (count == 0) return;
    bool is_any_moved = team_.move_next();
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (states[i] != State::under_way || !pieces[i].is_moved()) continue;
      take_back(i);
      is_any_moved = true;
    }
    if (!is_any_moved) team_.wait();
    now = journal::stamp_now();
  } while (count > 0 || now.since_boot < end);
}

void Writer::note_hot(Slot slot, std::size_t bytes, const journal::Stamp& now) {
  journal::Stream& stream = streams_.at(slot);
  stream.last_turn = now.since_boot;
  stream.empty_looks = 0;
  gathering_.note(bytes, stream.capacity);
  if (widths_.note_look(slot, stream, bytes)) pump_.reserve_ahead(stream);
}

void Writer::look_at_hot(Slot slot) {
  journal::Stream& stream = streams_.at(slot);
  const journal::Stamp now = journal::stamp_now();
  const journal::Turn turn = pump_.turn(stream, now);
  switch (turn.end) {
    case TurnEnd::more: return note_hot(slot, turn.bytes, now);
    case TurnEnd::empty:
      if (++stream.empty_looks >= empty_looks_to_cool) cool(slot);
      return;
    case TurnEnd::at_end: return end(slot);
    case TurnEnd::blocked: return block(slot);
  }
}

void Writer::heat(Slot slot) {
  rest(slot);
  journal::Stream& stream = streams_.at(slot);
  if (stream.capacity == 0) {
    stream.capacity = static_cast<std::uint32_t>(os::pipe_capacity(stream.read_end.view()));
  }
  stream.empty_looks = stream.full_looks = 0;
  stream.state = StreamState::hot;
  hot_.push_back(slot);
  if (widths_.is_widened(slot)) pump_.reserve_ahead(stream);
}

void Writer::cool(Slot slot) {
  rest(slot);
  const journal::Stream& stream = streams_.at(slot);
  pump_.flush_index(stream);
  pump_.give_back_reserve(stream);
  watch(slot);
}

void Writer::block(Slot slot) {
  rest(slot);
  streams_.at(slot).state = StreamState::blocked;
  ++blocked_;
}

void Writer::end(Slot slot) {
  rest(slot);
  journal::Stream& stream = streams_.at(slot);
  pump_.note_end(stream, journal::stamp_now());
  if (stream.consumer != nullptr) std::exchange(stream.consumer, nullptr)->end_input(now_);
  pump_.flush_index(stream);
  widths_.forget(slot, stream);
  stream.state = StreamState::ended;
  ended_.push_back(stream.number);
  dying_.note();
}

void Writer::retry_all() {
  retry_at_ = Instant::never();
  const journal::Stamp now = journal::stamp_now();
  for (auto& [name, instance] : logs_.instances()) {
    pump_.retry(instance, journal::LogKind::out, now);
    pump_.retry(instance, journal::LogKind::err, now);
  }
  pump_.sinks().retry(now);
  troubles_changed_ = true;
  if (is_configured_) look_at_blocked();
}

void Writer::look_at_blocked() {
  if (blocked_ == 0) return;
  for (Slot slot = 0; slot < streams_.end(); ++slot) {
    if (streams_.at(slot).state == StreamState::blocked) look(slot);
  }
}

}  // namespace stayd::app
