// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
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
constexpr std::size_t most_together = 32;

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

void Writer::look_at_hot() {
  if (hot_.size() > 1) move_together();
  for (std::size_t i = 0; i < hot_.size();) {
    const Slot slot = hot_[i];
    if (!std::exchange(streams_.at(slot).was_moved, false)) look_at_hot(slot);
    if (i < hot_.size() && hot_[i] == slot) ++i;
  }
}

/// Where much waits in several pipes.
void Writer::move_together() {
  std::array<Slot, most_together> whose;
  std::array<os::PieceToMove, most_together> pieces;
  for (std::size_t from = 0; from < hot_.size();) {
    const journal::Stamp now = journal::stamp_now();
    std::size_t count = 0;
    for (; from < hot_.size() && count < most_together; ++from) {
      const auto piece = pump_.piece_of(streams_.at(hot_[from]), now);
      if (!piece) continue;
      pieces[count] = *piece;
      whose[count++] = hot_[from];
    }
    if (count < 2) {
      if (count == 1) pump_.moved(streams_.at(whose[0]), {}, now);
      return;
    }
    team_.move(std::span(pieces).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      journal::Stream& stream = streams_.at(whose[i]);
      pump_.moved(stream, pieces[i].done, now);
      stream.was_moved = pieces[i].done.bytes > 0;
      if (stream.was_moved) note_hot(whose[i], pieces[i].done.bytes, now);
    }
  }
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
