// SPDX-License-Identifier: Apache-2.0
#include "journal/console.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "journal/shown_text.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

constexpr std::size_t most_waiting = 256u << 10;
constexpr std::size_t most_of_a_line = 16u << 10;
constexpr std::size_t most_formatted = 16u << 10;
constexpr std::size_t most_unfinished = 64;
constexpr Duration patience = milliseconds(250);
constexpr Duration patience_with_a_bar = seconds(1);  // which takes a line each time
// Of a terminal (ECMA-48; DEC's private mode 7 of a VT100, which every emulator has).
constexpr std::string_view erase_rest = "\x1b[K";
constexpr std::string_view wrap_off = "\x1b[?7l";
constexpr std::string_view wrap_on = "\x1b[?7h";

std::size_t index_of(ConsoleSide side) { return static_cast<std::size_t>(side); }
ConsoleSide other(ConsoleSide side) {
  return side == ConsoleSide::output ? ConsoleSide::error : ConsoleSide::output;
}

}  // namespace

// ---- ConsoleEnd
// ---------------------------------------------------------------------------------

std::size_t ConsoleEnd::write(std::string_view text) {
  const os::Transfer done = device_.write(text);
  if (!done.ok() && !done.would_block()) gone_ = true;
  return gone_ ? text.size() : done.bytes;
}

bool ConsoleEnd::put(std::string_view text) {
  if (!waits()) {
    text.remove_prefix(write(text));
    if (!text.empty()) waiting_ = text;  // the rest of what has begun, however long
    return true;
  }
  if (skipped_ > 0 || waiting_.size() - written_ + text.size() > most_waiting) {
    skipped_ += text.size();
    return false;
  }
  waiting_ += text;
  return true;
}

bool ConsoleEnd::drain() {
  while (waits()) {
    written_ += write(std::string_view(waiting_).substr(written_));
    if (written_ < waiting_.size()) return false;
    written_ = 0;
    std::string().swap(waiting_);
    if (skipped_ > 0) {
      waiting_ = "\nstayd: " + format_bytes(skipped_) +
                 " of output were not shown: the console was too slow (the log files have it)\n";
      skipped_ = 0;
    }
  }
  return true;
}

// ---- Console
// ------------------------------------------------------------------------------------

Console::Console(int output, int error)
    : ends_{ConsoleEnd(os::ConsoleDevice::open(output)),
            ConsoleEnd(os::ConsoleDevice::open(error))},
      is_terminal_{os::is_terminal(os::FdView(output)), os::is_terminal(os::FdView(error))} {}

void Console::show(const ConsoleSource& source, std::string_view bytes, Instant now) {
  if (source.plain) return show_whole(source.side, bytes);
  while (!bytes.empty()) {
    const std::size_t line_end = bytes.find('\n');
    take_piece(source, bytes.substr(0, line_end), now);
    if (line_end == std::string_view::npos) break;
    const auto line = unfinished_.find(source.stream);
    show_line(source.stream, line->second, LineEnd::complete);
    unfinished_.erase(line);
    bytes.remove_prefix(line_end + 1);
  }
  flush(source.side);
  if (unfinished_.size() > most_unfinished) show_unfinished(Instant::never());
  renew_deadline();
}

void Console::show_whole(ConsoleSide side, std::string_view lines) {
  break_open_line(side, 0);
  flush(side);
  (void)end(side).put(lines);
}

void Console::take_piece(const ConsoleSource& source, std::string_view piece, Instant now) {
  Unfinished& line = unfinished_[source.stream];
  if (line.name.empty()) {
    line.name = source.name;
    line.side = source.side;
  }
  if (line.text.empty()) line.since = now;
  piece = take_returns(line, piece);
  const std::size_t room = most_of_a_line - line.shown - line.text.size();
  line.text += piece.substr(0, room);
  if (piece.size() > room) line.beyond_limit += piece.size() - room;
}

/// A carriage return at the end of a piece may be one of a line end: it counts when more comes. On
/// a terminal what stands before one is dropped. What is left of `piece`.
std::string_view Console::take_returns(Unfinished& line, std::string_view piece) const {
  const std::size_t size = piece.find_last_not_of('\r') + 1;
  if (size == 0) {
    line.returned |= !piece.empty();
    return {};
  }
  const bool had_returned = std::exchange(line.returned, size < piece.size());
  piece = piece.substr(0, size);
  if (!is_terminal_[index_of(line.side)]) {
    if (had_returned) line.text += '\r';
    return piece;
  }
  const std::size_t state = piece.rfind('\r') + 1;
  if (state == 0 && !had_returned) return piece;
  line.text.clear();
  line.shown = line.beyond_limit = 0;
  line.overwritten = true;
  return piece.substr(state);
}

void Console::show_line(std::uint32_t stream, Unfinished& line, LineEnd end) {
  begin_line(stream, line);
  const bool is_state = is_terminal_[index_of(line.side)] && end == LineEnd::open &&
                        (line.overwritten || line.returned);
  if (is_state) out_ += wrap_off;  // one that takes two rows could not be overwritten
  append_shown(out_, line.text, colours(line.side) ? Colours::kept : Colours::removed);
  if (is_state) out_ += wrap_on;
  line.overwritten = false;
  line.shown += line.text.size();
  std::string().swap(line.text);
  if (end == LineEnd::complete) {
    if (line.beyond_limit > 0) {
      out_ += " [and " + format_bytes(line.beyond_limit) + " more on this line]";
    }
    out_ += '\n';
  }
  open_line_[index_of(line.side)] = end == LineEnd::complete ? 0 : stream;
  if (out_.size() > most_formatted) flush(line.side);
}

// Nothing if the stream's own line stands there open, and goes on.
void Console::begin_line(std::uint32_t stream, const Unfinished& line) {
  break_open_line(line.side, stream);
  const bool is_open = open_line_[index_of(line.side)] == stream;
  if (is_open && !line.overwritten) return;
  if (is_open) out_ += '\r';
  const bool coloured = colours(line.side);
  if (coloured) out_ += "\x1b[" + std::to_string(colour_of_name(line.name)) + "m";
  out_ += line.name;
  out_.append(options_.name_width - std::min<std::size_t>(options_.name_width, line.name.size()),
              ' ');
  out_ += coloured ? " |\x1b[0m " : " | ";
  if (is_open) out_ += erase_rest;
}

void Console::break_open_line(ConsoleSide side, std::uint32_t stream) {
  std::uint32_t& here = open_line_[index_of(side)];
  if (here != 0 && here != stream) {
    out_ += '\n';
    here = 0;
  }
  std::uint32_t& there = open_line_[index_of(other(side))];
  if (is_terminal_[0] && is_terminal_[1] && there != 0) {
    (void)end(other(side)).put("\n");
    there = 0;
  }
}

void Console::flush(ConsoleSide side) {
  if (out_.empty()) return;
  if (!end(side).put(out_)) open_line_[index_of(side)] = 0;
  out_.clear();
}

void Console::source_ended(const ConsoleSource& source) {
  const auto line = unfinished_.find(source.stream);
  if (line == unfinished_.end()) return;
  show_line(source.stream, line->second, LineEnd::complete);
  flush(source.side);
  unfinished_.erase(line);
  renew_deadline();
}

void Console::show_unfinished(Instant now) {
  for (auto& [stream, line] : unfinished_) {
    if (line.text.empty() || now < due(stream, line)) continue;
    show_line(stream, line, LineEnd::open);
    flush(line.side);
  }
  renew_deadline();
}

bool Console::colours(ConsoleSide side) const {
  return side == ConsoleSide::output ? options_.colours_stdout : options_.colours_stderr;
}

void Console::renew_deadline() {
  deadline_ = Instant::never();
  for (const auto& [stream, line] : unfinished_) {
    if (!line.text.empty()) deadline_ = std::min(deadline_, due(stream, line));
  }
}

Instant Console::due(std::uint32_t stream, const Unfinished& line) const {
  const bool takes_a_line = line.overwritten && open_line_[index_of(line.side)] != stream;
  return line.since + (takes_a_line ? patience_with_a_bar : patience);
}

}  // namespace stayd::journal
