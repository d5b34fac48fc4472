// SPDX-License-Identifier: Apache-2.0
#include "journal/pump.h"

#include <algorithm>
#include <cerrno>

#include "os/error.h"
#include "os/file_bytes.h"
#include "os/splice.h"

namespace stayd::journal {

namespace {

// A stream number that no supervisor gives: bytes without an owner.
constexpr std::uint32_t nobody = ~std::uint32_t{0};
constexpr std::size_t most_for_command = 64u << 10;
constexpr std::size_t least_piece = 16u << 10;  // less is moved faster than another thread is woken
// Said to be over when nothing failed for so long; and when nothing had to be removed for so long.
constexpr Duration calm_after_failure = seconds(1);
constexpr Duration calm_after_removal = seconds(60);

bool is_out_of_space(int number) { return number == ENOSPC || number == EDQUOT; }

bool is_stopped(const LogFile& file) { return file.trouble && file.trouble->stops_output; }

LogFile& file_of(const Stream& stream) { return stream.instance->file(log_kind_of(stream.kind)); }

/// Whether anything but the file takes the bytes.
bool is_shown(const Stream& stream) {
  return stream.settings->to_console || stream.consumer != nullptr ||
         LineSinks::are_wanted(*stream.settings);
}

ConsoleSource source_of(const Stream& stream) {
  const bool is_error = stream.kind == StreamKind::stderr_only;
  return {.stream = stream.number,
          .name = *stream.instance->name,
          .side = is_error ? ConsoleSide::error : ConsoleSide::output,
          .plain = stream.settings->format == model::LogFormat::plain};
}

}  // namespace

Pump::Pump(PrivatePipe pipe, OwnerWord owner, LogSet& logs, Console& console)
    : pipe_(std::move(pipe)),
      owner_(std::move(owner)),
      logs_(logs),
      console_(console),
      sinks_(console) {
  if (os::bytes_in_pipe(pipe_.read_end.view()) == 0) return;
  parked_ = owner_.get() != 0 ? owner_.get() : nobody;
}

Turn Pump::turn(Stream& stream, const Stamp& now) {
  const bool waits = stream.settings->on_full == model::OnFull::block;
  if (waits && stream.consumer != nullptr && stream.consumer->is_full()) {
    return {.bytes = 0, .end = TurnEnd::blocked};
  }
  if (!stream.settings->to_file && !stream.limit) return without_file(stream, bytes_.size(), now);
  if (parked_ == stream.number && finish_parked(stream, now) == TurnEnd::blocked) {
    return {.bytes = 0, .end = TurnEnd::blocked};
  }
  if (waits && is_stopped(file_of(stream))) return {.bytes = 0, .end = TurnEnd::blocked};
  const bool is_text = form_of(*stream.settings) != TextForm::raw;
  return parked_ == 0 && !is_text && !stream.wanted && !stream.limit && stream.consumer == nullptr
             ? two_hops(stream, now)
             : one_hop(stream, now);
}

Turn Pump::two_hops(Stream& stream, const Stamp& now) {
  owner_.set(stream.number);
  const os::Transfer taken =
      os::splice_to_pipe(stream.read_end.view(), pipe_.write_end.view(), most_turn_bytes);
  if (taken.would_block()) return {.bytes = 0, .end = TurnEnd::empty};
  if (taken.number == ENOMEM) return {.bytes = 0, .end = TurnEnd::blocked};
  if (taken.bytes == 0) return {.bytes = 0, .end = TurnEnd::at_end};
  const TurnEnd end = write_out(stream, pipe_.read_end.view(), taken.bytes, now);
  if (end == TurnEnd::blocked) parked_ = stream.number;
  return {.bytes = taken.bytes, .end = end};
}

Turn Pump::one_hop(Stream& stream, const Stamp& now) {
  const os::FdView pipe = stream.read_end.view();
  // A command is given time to take what it was given.
  const std::size_t most = stream.consumer != nullptr ? most_for_command : most_turn_bytes;
  const std::size_t waiting = std::min(os::bytes_in_pipe(pipe), most);
  if (waiting > 0 && stream.limit) return limited(stream, waiting, now);
  if (waiting > 0) return {.bytes = waiting, .end = write_out(stream, pipe, waiting, now)};
  const os::Transfer seen = scratch_.look(pipe, 1);
  scratch_.clear();
  if (seen.bytes > 0) return {.bytes = 0, .end = TurnEnd::more};
  if (seen.would_block()) return {.bytes = 0, .end = TurnEnd::empty};
  return {.bytes = 0, .end = seen.number == ENOMEM ? TurnEnd::blocked : TurnEnd::at_end};
}

Turn Pump::without_file(Stream& stream, std::size_t most, const Stamp& now) {
  most = std::min(most, bytes_.size());
  if (stream.wanted) {
    const std::size_t looked = look_through(stream, stream.read_end.view(), most);
    if (looked > 0) most = looked;
  }
  const os::Transfer got = os::read_pipe(stream.read_end.view(), std::span(bytes_).first(most));
  stream.looked = 0;
  if (got.would_block()) return {.bytes = 0, .end = TurnEnd::empty};
  if (got.bytes == 0) return {.bytes = 0, .end = TurnEnd::at_end};
  deliver(stream, {bytes_.data(), got.bytes}, now);
  return {.bytes = got.bytes, .end = TurnEnd::more};
}

TurnEnd Pump::finish_parked(Stream& stream, const Stamp& now) {
  const os::FdView pipe = pipe_.read_end.view();
  const TurnEnd end = write_out(stream, pipe, os::bytes_in_pipe(pipe), now);
  if (end != TurnEnd::blocked) parked_ = 0;
  return end;
}

void Pump::forget_parked() {
  while (os::read_pipe(pipe_.read_end.view(), bytes_).bytes > 0) {
  }
  parked_ = 0;
}

void Pump::finish(Stream& stream, const Stamp& now) {
  const os::FdView pipe = stream.read_end.view();
  std::size_t left = os::bytes_in_pipe(pipe);
  Turn last{.bytes = 0, .end = TurnEnd::more};
  while (left > 0 && last.end == TurnEnd::more) {
    last = turn(stream, now);
    left -= std::min(left, last.bytes);
  }
  if (parked_ == stream.number && finish_parked(stream, now) == TurnEnd::blocked) {
    drop_all(stream, pipe_.read_end.view(), os::bytes_in_pipe(pipe_.read_end.view()), now);
    parked_ = 0;
  }
  if (last.end == TurnEnd::blocked) drop_all(stream, pipe, left, now);
}

// Returns when nothing is left inside, or when it must stay there.
TurnEnd Pump::write_out(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now) {
  const bool waits = stream.settings->on_full == model::OnFull::block;
  while (inside > 0) {
    if (is_stopped(file_of(stream))) {
      if (waits) return TurnEnd::blocked;
      drop_all(stream, pipe, inside, now);
      break;
    }
    const Moved moved = write_piece(stream, pipe, inside, now);
    inside -= std::min(inside, moved.bytes);
  }
  return TurnEnd::more;
}

// Bytes 0: the log is stopped from here on, or there is room for another try.
Moved Pump::write_piece(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now) {
  const LogKind kind = log_kind_of(stream.kind);
  const auto log = logs_.log_of(*stream.instance, kind, now.since_boot);
  if (!log) {
    stop_output(stream, log.error().message, now);
    return {};
  }
  const StreamSettings& settings = *stream.settings;
  const bool is_text = form_of(settings) != TextForm::raw;
  if (stream.wanted && !is_text) {
    const std::size_t looked = look_through(stream, pipe, inside);
    if (looked > 0) inside = looked;
  }
  const Moved moved = is_text ? write_text(stream, **log, {pipe, inside}, now)
                              : (*log)->step(pipe, inside, limits_of(settings), scratch_);
  if (moved.bytes == 0) {
    const int number = moved.number != 0 ? moved.number : EIO;
    if (!make_room(stream, number, now)) stop_output(stream, os::error_text(number), now);
    return {};
  }
  stream.looked -= std::min(stream.looked, static_cast<std::uint32_t>(moved.bytes));
  if (!is_text) {
    (*log)->note(moved, stream.run, now);
    show(stream, moved, (*log)->text(), now);
  }
  note_written(stream, moved.bytes);
  return moved;
}

void Pump::note_written(Stream& stream, std::size_t bytes) {
  stream.has_written = true;
  stream.logged += bytes;
  logs_.note_upkeep(file_of(stream), bytes);
}

std::optional<os::PieceToMove> Pump::piece_of(Stream& stream, const Stamp& now) {
  const StreamSettings& settings = *stream.settings;
  const LogFile& file = file_of(stream);
  const bool is_plain = settings.to_file && form_of(settings) == TextForm::raw &&
                        !is_shown(stream) && !stream.wanted && !stream.limit &&
                        parked_ != stream.number;
  if (!is_plain || !file.open || file.trouble) return {};
  const os::FdView pipe = stream.read_end.view();
  const std::size_t waiting = std::min(os::bytes_in_pipe(pipe), most_turn_bytes);
  if (waiting < least_piece) return {};
  const auto log = logs_.log_of(*stream.instance, log_kind_of(stream.kind), now.since_boot);
  if (!log) return {};
  return (*log)->piece_of(pipe, waiting, least_piece, limits_of(settings));
}

void Pump::moved(Stream& stream, const os::Transfer& done, const Stamp& now) {
  OpenLog& log = *file_of(stream).open;
  const Moved moved = log.moved(done);
  if (moved.bytes == 0) return;  // the next turn finds out why
  log.note(moved, stream.run, now);
  note_written(stream, moved.bytes);
}

// To everything that takes bytes beside the file.
void Pump::deliver(const Stream& stream, std::string_view bytes, const Stamp& now) {
  const StreamSettings& settings = *stream.settings;
  if (settings.to_console && settings.format != model::LogFormat::json) {
    console_.show(source_of(stream), bytes, now.since_boot);
  }
  if (stream.consumer != nullptr) stream.consumer->feed(bytes, now.since_boot);
  if (LineSinks::are_wanted(settings)) sinks_.take(stream, bytes, now);
}

// What the console shows is read back from the file: the pipe's bytes are never taken for it.
void Pump::show(const Stream& stream, const Moved& moved, os::FdView text, const Stamp& now) {
  if (!is_shown(stream)) return;
  std::size_t shown = 0;
  while (shown < moved.bytes) {
    const std::size_t most = std::min(moved.bytes - shown, bytes_.size());
    const os::Transfer got = os::read_at(text, moved.offset + shown, std::span(bytes_).first(most));
    if (got.bytes == 0) return;
    deliver(stream, {bytes_.data(), got.bytes}, now);
    shown += got.bytes;
  }
}

bool Pump::make_room(Stream& stream, int number, const Stamp& now) {
  if (!is_out_of_space(number)) return false;
  if (logs_.give_back_reserves()) return true;
  if (stream.settings->on_full != model::OnFull::drop_oldest) return false;
  LogFile& file = file_of(stream);
  if (!file.open || file.open->broken()) return false;
  const std::uint64_t gone = file.open->drop_oldest(now);
  if (gone == 0) return false;
  LogTrouble& trouble = trouble_of(file);
  if (trouble.text.empty()) {
    trouble.text = os::error_text(number) + "; its oldest output is removed to make room";
  }
  trouble.dropped_in_all += gone;
  trouble.over_at = now.since_boot + calm_after_removal;
  return true;
}

LogTrouble& Pump::trouble_of(LogFile& file) {
  if (!file.trouble) {
    file.trouble = std::make_unique<LogTrouble>();
    ++troubles_;
    news_ = true;
  } else if (file.trouble->over) {  // over, but the supervisor was never told: it goes on
    file.trouble->over = false;
  }
  return *file.trouble;
}

void Pump::stop_output(Stream& stream, std::string why, const Stamp& now) {
  LogTrouble& trouble = trouble_of(file_of(stream));
  if (trouble.text.empty()) {
    const bool waits = stream.settings->on_full == model::OnFull::block;
    trouble.text = std::move(why) + (waits ? "; its service waits" : "; what it prints is dropped");
  }
  trouble.stops_output = true;
  trouble.over_at = now.since_boot + calm_after_failure;
}

void Pump::drop_all(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now) {
  while (inside > 0) {
    const std::size_t gone = drop(stream, pipe, inside, now);
    if (gone == 0) return;
    inside -= gone;
  }
}

std::size_t Pump::drop(Stream& stream, os::FdView pipe, std::size_t inside, const Stamp& now) {
  const os::Transfer got =
      os::read_pipe(pipe, std::span(bytes_).first(std::min(inside, bytes_.size())));
  if (got.bytes == 0) return 0;
  look_for_pattern(stream, {bytes_.data(), got.bytes});
  stream.looked -= std::min(stream.looked, static_cast<std::uint32_t>(got.bytes));
  LogFile& file = file_of(stream);
  if (file.trouble) {
    file.trouble->dropped += got.bytes;
    file.trouble->dropped_in_all += got.bytes;
    file.trouble->run = stream.run;
  }
  deliver(stream, {bytes_.data(), got.bytes}, now);
  return got.bytes;
}

void Pump::note_end(Stream& stream, const Stamp& now) {
  bool found = false;
  pattern_lines_.end(stream.number, [&](std::string_view part, PartEnd) {
    found = stream.wanted && stream.wanted->is_in(part);
  });
  if (found) found_pattern(stream);
  if (stream.settings->to_console) console_.source_ended(source_of(stream));
  if (LineSinks::are_wanted(*stream.settings)) sinks_.end(stream, now);
  if (!stream.has_written || is_stopped(file_of(stream))) return;
  const auto log = logs_.log_of(*stream.instance, log_kind_of(stream.kind), now.since_boot);
  if (!log) return;
  end_text(stream, **log, now);
  (*log)->note(RecordKind::run_ended, stream.run, 0, now);
  (void)(*log)->flush_index();
}

void Pump::flush_index(const Stream& stream) {
  const LogFile& file = file_of(stream);
  if (file.open && file.open->index_dirty()) (void)file.open->flush_index();
}

void Pump::reserve_ahead(const Stream& stream) {
  const LogFile& file = file_of(stream);
  if (file.open && !file.trouble) file.open->reserve_ahead();
}

void Pump::give_back_reserve(const Stream& stream) {
  const LogFile& file = file_of(stream);
  if (file.open) file.open->give_back_reserve();
}

// Output goes on once there is room and the record of what was dropped is in the index; a trouble
// is over when that has held for a while, so that a nearly full disk does not announce it again and
// again.
void Pump::retry(Instance& instance, LogKind kind, const Stamp& now) {
  LogTrouble* trouble = instance.file(kind).trouble.get();
  if (trouble == nullptr || trouble->over) return;
  record_limited(instance, kind, now);
  if (!trouble->stops_output) {
    trouble->over = now.since_boot >= trouble->over_at && trouble->limited == 0;
    return;
  }
  const auto log = logs_.log_of(instance, kind, now.since_boot);
  if (!log || (*log)->probe_room() != 0) return;
  if (trouble->dropped > 0) {
    (*log)->note(RecordKind::gap, trouble->run, trouble->dropped, now);
    if ((*log)->flush_index() != 0) return;
    trouble->dropped = 0;
  }
  trouble->stops_output = false;
  trouble->over_at = now.since_boot + calm_after_failure;
}

}  // namespace stayd::journal
