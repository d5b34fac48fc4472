// SPDX-License-Identifier: Apache-2.0
// Files that hold more than the bytes of the service: these are looked at in the pipe, and taken
// out of it once what becomes of them is in the file. A log writer that is killed in between leaves
// them to its successor: they then come twice, never not.
#include <algorithm>
#include <cerrno>

#include "journal/line_text.h"
#include "journal/pump.h"
#include "os/file_bytes.h"

namespace stayd::journal {

namespace {

Cut cut_before(TextForm form, const OpenLine& line) {
  if (line.stream == 0) return Cut::here;
  return form == TextForm::json ? Cut::never : Cut::in_line;
}

/// What stands behind the last line end, as far back as an object reaches.
std::string tail_of(const OpenLog& log) {
  std::string tail(std::min<std::uint64_t>(log.size(), most_object_bytes), '\0');
  const os::Transfer got = os::read_at(log.text(), log.size() - tail.size(), tail);
  tail.resize(got.bytes);
  tail.erase(0, tail.rfind('\n') + 1);
  return tail;
}

}  // namespace

// Nobody knows how the file ends: it was just opened. The line it ends in may be this run's own.
int Pump::begin_text(const Stream& stream, OpenLog& log, OpenLine& line) {
  const TextForm form = form_of(*stream.settings);
  const bool is_json = form == TextForm::json;
  if (is_json && line.stream != 0 && log.size() == 0) line.stream = 0;  // its file was moved away
  if (line.known) return 0;
  line.known = true;
  if (log.at_line_end()) return 0;
  const bool is_own = log.last_run() == stream.run;
  if (!is_json && is_own) line.stream = stream.number;
  if (!is_json && !is_own) text_ = '\n';
  if (!is_json) return 0;
  const std::string tail = tail_of(log);
  const std::size_t sound = sound_object_part(tail);
  text_ = sound > 0 ? partial_object_end : "\n";
  if (sound == 0 && !is_own) return 0;  // of a run without json: no byte of it goes
  if (sound == 0) text_.clear();
  return log.cut_to(log.size() - tail.size() + sound);
}

Moved Pump::write_text(Stream& stream, OpenLog& log, const Waiting& waiting, const Stamp& now) {
  const os::FdView pipe = waiting.pipe;
  const os::Transfer seen = scratch_.look(pipe, std::min(waiting.bytes, bytes_.size()));
  if (!seen.ok()) return {.number = seen.number};
  const os::Transfer got = scratch_.read(bytes_);
  scratch_.clear();
  if (!got.ok() || got.bytes == 0) return {.number = got.number};
  const TextForm form = form_of(*stream.settings);
  const SegmentLimits limits = limits_of(*stream.settings);
  OpenLine& line = stream.instance->file(log_kind_of(stream.kind)).line;
  OpenLine after = line;
  text_.clear();
  if (const int number = begin_text(stream, log, after); number != 0) return {.number = number};
  const Cut cut = line.known ? cut_before(form, after) : Cut::never;
  const PieceLimits piece{.one_line =
                              cut != Cut::here && log.is_near_end(2 * PieceLimits{}.most, limits)};
  LineText lines(form, line_source_of(stream), after, text_);
  const std::size_t taken = lines.append({bytes_.data(), got.bytes}, now.wall, piece);
  look_for_pattern(stream, {bytes_.data(), taken});
  if (!text_.empty()) {
    const Moved moved = log.append(text_, cut, limits);
    if (moved.number != 0) return moved;
    log.note(moved, stream.run, now);
  }
  line = after;
  (void)os::read_pipe(pipe, std::span(bytes_).first(taken));
  deliver(stream, {bytes_.data(), taken}, now);
  return {.offset = 0, .bytes = taken, .number = 0};
}

// Looks at what waits, without taking it: how much.
std::size_t Pump::look_through(Stream& stream, os::FdView pipe, std::size_t inside) {
  const os::Transfer seen = scratch_.look(pipe, std::min(inside, bytes_.size()));
  if (!seen.ok() || seen.bytes == 0) return 0;
  const os::Transfer got = scratch_.read(bytes_);
  scratch_.clear();
  look_for_pattern(stream, {bytes_.data(), got.bytes});
  return got.bytes;
}

// `front` is what stands at the front of the pipe: what was looked through before is passed over.
void Pump::look_for_pattern(Stream& stream, std::string_view front) {
  if (!stream.wanted || front.size() <= stream.looked) return;
  const std::string_view bytes = front.substr(stream.looked);
  stream.looked = static_cast<std::uint32_t>(front.size());
  bool found = false;
  pattern_lines_.take(stream.number, bytes, [&](std::string_view part, PartEnd) {
    found = found || stream.wanted->is_in(part);
  });
  if (!found) return;
  pattern_lines_.end(stream.number, [](std::string_view, PartEnd) {});
  found_pattern(stream);
}

void Pump::found_pattern(Stream& stream) {
  stream.wanted.reset();
  stream.match = MatchState::found;
  if (tell_match_) tell_match_(stream);
}

void Pump::end_text(const Stream& stream, OpenLog& log, const Stamp& now) {
  OpenLine& line = stream.instance->file(log_kind_of(stream.kind)).line;
  if (line.stream != stream.number) return;
  text_.clear();
  LineText(form_of(*stream.settings), line_source_of(stream), line, text_).end();
  const Moved moved = log.append(text_, Cut::never, limits_of(*stream.settings));
  if (moved.number == 0) log.note(moved, stream.run, now);
}

}  // namespace stayd::journal
