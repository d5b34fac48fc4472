// SPDX-License-Identifier: Apache-2.0
#include "journal/reader.h"

#include <algorithm>
#include <utility>

#include "journal/segment_names.h"
#include "os/files.h"

namespace stayd::journal {

Result<LogReader> LogReader::open(const std::string& folder, LogKind kind) {
  TRY(os::open_folder(folder));
  return LogReader(folder, kind);
}

// ---- where it stands

void LogReader::begin_segment() {
  offset_ = buffer_from_ = 0;
  buffer_.clear();
  record_ = 0;
  covering_.reset();
  failed_ = told_unreadable_ = looked_for_index_ = false;
}

void LogReader::stand_at_end() {
  begin_segment();
  offset_ = buffer_from_ = walk_.text().size();
  record_ = walk_.index().count();
  find_covering();
}

// From the byte before: were it in the middle of a line, the rest of that line is one of the burst
// before, and is recognised as such.
void LogReader::stand_before(std::uint64_t record) {
  begin_segment();
  if (record == 0) return;
  auto target = walk_.index().first_from(record);
  if (!target) {
    record_ = walk_.index().count();
    find_covering();
    target = covering_;
  }
  if (!target) return;
  offset_ = buffer_from_ = target->offset - std::min<std::uint64_t>(target->offset, 1);
  record_ = walk_.index().find_offset(offset_ + 1);
  find_covering();
}

void LogReader::find_covering() {
  covering_.reset();
  for (std::uint64_t before = record_; before > 0 && !covering_; --before) {
    const auto record = walk_.index().at(before - 1);
    if (record && record->kind == RecordKind::burst && record->length > 0) covering_ = record;
  }
}

void LogReader::seek_end() {
  missing_ = 0;
  if (walk_.open_last()) stand_at_end();
}

void LogReader::seek_time(WallTime at) {
  missing_ = 0;
  if (walk_.open_for_time(at)) stand_before(walk_.index().find_time(at));
}

void LogReader::seek_run(RunId run) {
  missing_ = 0;
  if (walk_.open_for_run(run)) stand_before(walk_.index().find_run(run));
}

void LogReader::seek_time_end(WallTime at) {
  missing_ = 0;
  const WallTime later{at.ns + 1};
  if (!walk_.open_for_time(later)) return;
  const std::uint64_t record = walk_.index().find_time(later);
  const auto first_later = walk_.index().first_from(record);
  if (!first_later) return stand_at_end();
  stand_before(record);
  while (offset_ < first_later->offset && next()) {
  }
}

// The last record of the run says that it has ended, or its last words may stand further on.
void LogReader::seek_run_end(RunId run) {
  missing_ = 0;
  const RunId next{number_of(run) + 1};
  if (walk_.open_for_run(next)) {
    IndexReader& index = walk_.index();
    const std::uint64_t record = index.find_run(next);
    const auto last = record > 0 ? index.at(record - 1) : std::nullopt;
    const bool has_ended = last && last->run == run && last->kind == RecordKind::run_ended;
    if (has_ended && index.first_from(record)) return stand_before(record);
  }
  seek_end();
}

void LogReader::go_back(const Position& position) {
  missing_ = 0;
  if (position.segment.number == 0 || !walk_.open(position.segment)) {
    walk_ = walk_.at_start();
    return begin_segment();
  }
  begin_segment();
  offset_ = buffer_from_ = position.offset;
  record_ = position.record;
  find_covering();
}

bool LogReader::next_segment() {
  if (!walk_.open_next()) return false;
  begin_segment();
  missing_ = walk_.missing();
  return true;
}

// Somebody has emptied the file (copytruncate): what is written now stands at its beginning.
void LogReader::begin_again_if_truncated() {
  if (walk_.text().size() < offset_ && walk_.open_current()) begin_segment();
}

// ---- the buffer

std::string_view LogReader::ahead() const {
  return std::string_view(buffer_).substr(static_cast<std::size_t>(offset_ - buffer_from_));
}

bool LogReader::fill_ahead() {
  if (!walk_.is_open()) return false;
  buffer_.erase(0, static_cast<std::size_t>(offset_ - buffer_from_));
  buffer_from_ = offset_;
  looked_for_index_ = false;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + block_);
  const auto got =
      walk_.text().read_at(offset_ + before, std::span(buffer_).subspan(before, block_));
  if (block_ < usual_block) walk_.text().forget_frame();
  buffer_.resize(before + got.bytes);
  if (buffer_.empty()) std::string().swap(buffer_);
  if (!got.ok()) failed_ = true;
  return got.bytes > 0;
}

// ---- times, runs and what is missing

LogLine LogReader::describe(std::uint64_t offset) const {
  LogLine line;
  line.at = last_time_;
  if (!covering_) return line;
  line.at = covering_->at;
  if (offset - covering_->offset >= covering_->length) return line;
  line.run = covering_->run;
  line.time_known = (covering_->flags & time_unknown) == 0;
  return line;
}

namespace {

LogLine gap_of(const IndexRecord& record) {
  LogLine line;
  line.at = record.at;
  line.time_known = true;
  line.run = record.run;
  line.lost = record.value;
  return line;
}

bool is_gap(const IndexRecord& record) {
  return record.kind == RecordKind::gap && record.value > 0;
}

bool is_burst(const IndexRecord& record) {
  return record.kind == RecordKind::burst && record.length > 0;
}

}  // namespace

std::optional<LogLine> LogReader::missing_segments() {
  if (missing_ == 0) return std::nullopt;
  LogLine line;
  line.at = last_time_;
  line.missing_segments = std::exchange(missing_, 0);
  return line;
}

LogLine LogReader::unreadable(std::uint64_t bytes) const {
  LogLine line;
  line.at = last_time_;
  line.unreadable = bytes;
  line.text = walk_.trouble().empty() ? "the file is damaged" : walk_.trouble();
  return line;
}

// What is left of a segment of which no more can be read.
std::optional<LogLine> LogReader::unreadable_ahead() {
  if (!failed_ || told_unreadable_) return std::nullopt;
  told_unreadable_ = true;
  const std::uint64_t size = walk_.text().size();
  if (size <= offset_ && walk_.trouble().empty()) return std::nullopt;
  LogLine line = unreadable(std::max(size, offset_ + 1) - offset_);
  offset_ = buffer_from_ = size;
  buffer_.clear();
  return line;
}

// Passes the records that begin at or before offset_.
std::optional<LogLine> LogReader::notice_ahead() {
  IndexReader& index = walk_.index();
  for (;;) {
    for (; record_ < index.count(); ++record_) {
      const auto record = index.at(record_);
      if (!record) continue;
      if (record->offset > offset_) return std::nullopt;
      if (is_burst(*record)) covering_ = record;
      if (!is_gap(*record)) continue;
      ++record_;
      return gap_of(*record);
    }
    // Written after the text: it may have come meanwhile.
    const bool is_covered = covering_ && offset_ - covering_->offset < covering_->length;
    if (is_covered || !walk_.is_current() || std::exchange(looked_for_index_, true)) {
      return std::nullopt;
    }
    if (!walk_.refresh_index()) return std::nullopt;
  }
}

// Goes back over the records that begin behind `line_begin`; none: over all.
std::optional<LogLine> LogReader::notice_behind(std::optional<std::uint64_t> line_begin) {
  for (; record_ > 0; --record_) {
    const auto record = walk_.index().at(record_ - 1);
    if (!record) continue;
    if (line_begin && record->offset <= *line_begin) break;
    if (!is_gap(*record)) continue;
    --record_;
    return gap_of(*record);
  }
  return std::nullopt;
}

// A run does not go on with the line in which another one has ended.
std::size_t LogReader::length_within_run(std::size_t length) {
  if (!covering_) return length;
  for (std::uint64_t number = record_; number < walk_.index().count(); ++number) {
    const auto record = walk_.index().at(number);
    if (!record) continue;
    if (record->offset >= offset_ + length) break;
    if (record->offset > offset_ && is_burst(*record) && record->run != covering_->run) {
      return static_cast<std::size_t>(record->offset - offset_);
    }
  }
  return length;
}

bool LogReader::run_has_ended_at(std::uint64_t offset) {
  (void)walk_.refresh_index();
  for (std::uint64_t number = record_; number < walk_.index().count(); ++number) {
    const auto record = walk_.index().at(number);
    if (!record || record->kind != RecordKind::run_ended) continue;
    if (record->offset == offset) return true;
  }
  return false;
}

// ---- forwards

LogLine LogReader::take(std::size_t length, LineEnd end) {
  LogLine line = describe(offset_);
  line.text = ahead().substr(0, length);
  line.end = end;
  last_time_ = line.at;
  offset_ += length + (end == LineEnd::line_end ? 1 : 0);
  return line;
}

std::optional<LogLine> LogReader::next() {
  for (;;) {
    if (auto missing = missing_segments()) return missing;
    if (auto notice = notice_ahead()) return notice;
    const std::string_view text = ahead();
    const std::size_t line_end = text.find('\n');
    const std::size_t length = std::min(line_end, text.size());
    const std::size_t most = std::min(length, most_line_bytes);
    const bool is_whole = line_end != std::string_view::npos;
    if (is_whole || length > most_line_bytes) {
      const std::size_t within = length_within_run(most);
      if (within < most) return take(within, LineEnd::none);
      return take(most, most < length ? LineEnd::more : LineEnd::line_end);
    }
    if (fill_ahead()) continue;
    const std::size_t within = length_within_run(length);
    if (within < length) return take(within, LineEnd::none);
    if (walk_.is_current()) {
      if (!walk_.was_replaced()) {
        begin_again_if_truncated();
        if (length == 0 || !run_has_ended_at(offset_ + length)) return std::nullopt;
        return take(length, LineEnd::none);
      }
      if (fill_ahead()) continue;  // written between the last look and the rotation
    }
    if (!ahead().empty()) {
      const bool ends = run_has_ended_at(offset_ + ahead().size());
      return take(ahead().size(), ends ? LineEnd::none : LineEnd::more);
    }
    if (auto unreadable = unreadable_ahead()) return unreadable;
    if (!next_segment()) return std::nullopt;
  }
}

std::optional<LogLine> LogReader::rest() {
  const std::size_t length = std::min(ahead().size(), most_line_bytes);
  if (length == 0) return std::nullopt;
  return take(length, LineEnd::none);
}

// ---- backwards

// One more block before the buffer; of a long line no more than a few are kept.
bool LogReader::fill_behind() {
  if (buffer_.size() > most_line_bytes + block_) buffer_.resize(most_line_bytes);
  const auto block = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_from_, block_));
  buffer_.insert(0, block, '\0');
  buffer_from_ -= block;
  return walk_.text().read_at(buffer_from_, std::span(buffer_).first(block)).bytes == block;
}

// Where the line begins that ends at offset_; none: it cannot be read.
std::optional<std::uint64_t> LogReader::line_begin_behind() {
  std::uint64_t end = offset_ - 1;  // its own line end is no other's
  for (;;) {
    if (buffer_from_ < end) {
      const auto length = static_cast<std::size_t>(end - buffer_from_);
      const std::size_t found = std::string_view(buffer_).substr(0, length).rfind('\n');
      if (found != std::string_view::npos) return buffer_from_ + found + 1;
      end = buffer_from_;
    }
    if (buffer_from_ == 0) return 0;
    if (!fill_behind()) return std::nullopt;
  }
}

// Where in [line_begin, offset_) the last run begins.
std::uint64_t LogReader::run_begin_behind(std::uint64_t line_begin) {
  std::optional<IndexRecord> later;
  for (std::uint64_t number = record_; number > 0; --number) {
    const auto record = walk_.index().at(number - 1);
    if (!record || !is_burst(*record) || record->offset >= offset_) continue;
    if (later && record->run != later->run) return later->offset;
    if (record->offset <= line_begin) break;
    later = record;
  }
  return line_begin;
}

// The first piece of the line [begin, offset_).
LogLine LogReader::piece_from(std::uint64_t begin) {
  const auto bytes = [&](std::uint64_t from, std::uint64_t length) {
    std::string text(static_cast<std::size_t>(length), '\0');
    if (from >= buffer_from_ && from + length <= buffer_from_ + buffer_.size()) {
      buffer_.copy(text.data(), text.size(), static_cast<std::size_t>(from - buffer_from_));
    } else {
      text.resize(walk_.text().read_at(from, text).bytes);
    }
    return text;
  };
  const bool has_line_end = bytes(offset_ - 1, 1) == "\n";
  const std::uint64_t length = offset_ - begin - (has_line_end ? 1 : 0);
  const bool goes_on = !has_line_end && walk_.place().is_closed && offset_ == walk_.text().size() &&
                       !run_has_ended_at(offset_);
  LogLine line = describe(begin);
  line.text = bytes(begin, std::min<std::uint64_t>(length, most_line_bytes));
  line.end = length > most_line_bytes || goes_on ? LineEnd::more
             : has_line_end                      ? LineEnd::line_end
                                                 : LineEnd::none;
  return line;
}

LogLine LogReader::unreadable_behind() {
  LogLine line = unreadable(offset_);
  begin_segment();
  return line;
}

std::optional<LogLine> LogReader::previous() {
  while (walk_.is_open()) {
    if (auto missing = missing_segments()) return missing;
    if (offset_ == 0) {
      if (auto notice = notice_behind(std::nullopt)) return notice;
      if (auto unreadable = unreadable_ahead()) return unreadable;
      if (!walk_.open_previous()) return std::nullopt;
      missing_ = walk_.missing();
      stand_at_end();
      if (!walk_.trouble().empty()) failed_ = true;
      continue;
    }
    const auto line_begin = line_begin_behind();
    if (!line_begin) return unreadable_behind();
    const std::uint64_t begin = run_begin_behind(*line_begin);
    if (auto notice = notice_behind(begin)) return notice;
    find_covering();
    LogLine line = piece_from(begin);
    last_time_ = line.at;
    offset_ = begin;
    return line;
  }
  return std::nullopt;
}

// ---- all logs

RunId greatest_run(const std::string& log_dir) {
  constexpr RunId bound{std::uint64_t{1} << 62};  // what is beyond it is no number that we gave
  RunId greatest = no_run;
  const auto folder = os::open_folder(log_dir);
  if (!folder) return greatest;
  for (const std::string& name : os::list_folder(folder->view())) {
    if (!is_instance_name(name)) continue;
    for (const LogKind kind : {LogKind::out, LogKind::err}) {
      const auto log = LogReader::open(std::string(log_dir).append("/").append(name), kind);
      if (log) greatest = std::max(greatest, log->run_before(bound).value_or(no_run));
    }
  }
  return greatest;
}

}  // namespace stayd::journal
