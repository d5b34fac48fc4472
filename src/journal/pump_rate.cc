// SPDX-License-Identifier: Apache-2.0
// Streams with a `rate-limit`: what comes beyond it is taken out of the pipe and counted, so that
// the service never waits. Lines are dropped whole, as far as they are not longer than what is
// looked at.
#include <algorithm>

#include "base/text.h"
#include "journal/pump.h"

namespace stayd::journal {

namespace {

/// The front of `waiting` that may be kept: up to the last line end in it.
std::size_t whole_lines(ScratchPipe& scratch, os::FdView pipe, std::size_t most) {
  if (most == 0) return 0;
  const LineEnd line = find_last_line_end(scratch, pipe, most);
  return line.after > 0 ? line.after : most;
}

}  // namespace

// At most `waiting` bytes are kept or dropped.
Turn Pump::limited(Stream& stream, std::size_t waiting, const Stamp& now) {
  RateLimit& limit = *stream.limit;
  const os::FdView pipe = stream.read_end.view();
  if (limit.is_dropping()) return drop_limited(stream, waiting, now);
  const std::uint64_t allowed = limit.allowance(now.since_boot);
  std::size_t kept = waiting;
  if (allowed < waiting) {
    kept = whole_lines(scratch_, pipe, allowed);
    limit.begin_dropping();
  }
  if (kept == 0) return drop_limited(stream, waiting, now);
  limit.spend(kept);
  if (!stream.settings->to_file) return without_file(stream, kept, now);
  return {.bytes = kept, .end = write_out(stream, pipe, kept, now)};
}

Turn Pump::drop_limited(Stream& stream, std::size_t waiting, const Stamp& now) {
  const os::FdView pipe = stream.read_end.view();
  std::size_t most = std::min(waiting, bytes_.size());
  if (stream.limit->may_end_dropping(now.since_boot)) {
    const std::size_t line = first_line(pipe, most);
    if (line > 0) {
      most = line;
      stream.limit->end_dropping();
    }
  }
  const os::Transfer got = os::read_pipe(pipe, std::span(bytes_).first(most));
  if (got.bytes == 0) return {.bytes = 0, .end = TurnEnd::empty};
  look_for_pattern(stream, {bytes_.data(), got.bytes});
  stream.looked = 0;
  note_limited(stream, got.bytes, now);
  return {.bytes = got.bytes, .end = TurnEnd::more};
}

/// Up to and with the first line end; 0: there is none.
std::size_t Pump::first_line(os::FdView pipe, std::size_t most) {
  const os::Transfer seen = scratch_.look(pipe, most);
  const os::Transfer got = seen.bytes > 0 ? scratch_.read(bytes_) : os::Transfer{};
  scratch_.clear();
  return std::string_view(bytes_.data(), got.bytes).find('\n') + 1;
}

void Pump::note_limited(Stream& stream, std::size_t bytes, const Stamp& now) {
  constexpr Duration calm = seconds(2);
  LogFile& file = stream.instance->file(log_kind_of(stream.kind));
  LogTrouble& trouble = trouble_of(file);
  if (trouble.text.empty()) {
    trouble.text = "more than its rate-limit of " + format_size(stream.settings->rate_limit) +
                   " a second, the rest is dropped";
    trouble.is_limit = true;
  }
  trouble.run = stream.run;
  trouble.dropped_in_all += bytes;
  if (stream.settings->to_file) trouble.limited += bytes;
  trouble.over_at = std::max(trouble.over_at, now.since_boot + calm);
}

// One record for each second in which something was dropped.
void Pump::record_limited(Instance& instance, LogKind kind, const Stamp& now) {
  LogTrouble& trouble = *instance.file(kind).trouble;
  if (trouble.limited == 0 || now.since_boot < trouble.record_at) return;
  const auto log = logs_.log_of(instance, kind, now.since_boot);
  if (!log) return;
  (*log)->note(RecordKind::gap, trouble.run, trouble.limited, now);
  if ((*log)->flush_index() != 0) return;
  trouble.limited = 0;
  trouble.record_at = now.since_boot + milliseconds(900);
}

}  // namespace stayd::journal
