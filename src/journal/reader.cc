// SPDX-License-Identifier: Apache-2.0
#include "journal/reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "journal/instance_folder.h"
#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

constexpr std::size_t block_bytes = 64u << 10;
// An index of a segment of 16 MiB is rarely larger than 1 MiB; beyond this, times are left out.
constexpr std::size_t most_index_bytes = 64u << 20;

}  // namespace

Result<LogReader> LogReader::open(const std::string& folder, LogKind kind) {
  LogReader reader(folder, kind);
  TRY(os::open_folder(folder));
  const auto closed = reader.closed_segments();
  reader.number_ = 0;
  (void)reader.open_next_segment();
  return reader;
}

std::vector<std::uint64_t> LogReader::closed_segments() const {
  const auto folder = os::open_folder(folder_);
  if (!folder) return {};
  return content_of(folder->view(), kind_).texts;
}

std::string LogReader::path(bool index) const {
  if (index) return index_path(closed_);
  return folder_ + "/" + (closed_ ? closed_text_name(kind_, *closed_) : current_text_name(kind_));
}

std::string LogReader::index_path(std::optional<std::uint64_t> closed) const {
  return folder_ + "/" + (closed ? closed_index_name(kind_, *closed) : current_index_name(kind_));
}

bool LogReader::open_segment(std::optional<std::uint64_t> closed, std::uint64_t number) {
  const auto before = std::exchange(closed_, closed);
  auto text = os::open_file(path(false), os::OpenFor::read);
  const auto status = text ? os::status_of(text->view()) : Result<os::FileStatus>();
  if (!text || !status || !status->is_regular) {
    closed_ = before;
    return false;
  }
  text_ = std::move(*text);
  inode_ = status->inode;
  number_ = number;
  offset_ = 0;
  buffer_.clear();
  at_ = 0;
  records_.clear();
  index_bytes_ = 0;
  next_record_ = 0;
  load_index();
  return true;
}

bool LogReader::open_next_segment() {
  const auto closed = closed_segments();
  const auto next = std::ranges::upper_bound(closed, number_);
  if (next != closed.end()) return open_segment(*next, *next);
  if (text_.valid() && !closed_ && !was_rotated()) return false;
  const std::uint64_t last = closed.empty() ? 0 : closed.back();
  return open_segment(std::nullopt, last + 1);
}

bool LogReader::was_rotated() const {
  const auto status = os::status_of_path(folder_ + "/" + current_text_name(kind_));
  return status && status->inode != inode_;
}

bool LogReader::fill() {
  if (!text_.valid()) return false;
  buffer_.erase(0, std::exchange(at_, 0));
  const std::size_t before = buffer_.size();
  buffer_.resize(before + block_bytes);
  const auto got =
      os::read_at(text_.view(), offset_ + before, std::span(buffer_).subspan(before, block_bytes));
  buffer_.resize(before + got.bytes);
  return got.bytes > 0;
}

void LogReader::load_index() {
  const auto bytes = os::read_file(path(true), most_index_bytes);
  if (!bytes || bytes->size() <= index_bytes_) return;
  const std::string_view all(*bytes);
  if (index_bytes_ == 0) {
    if (!decode_header(all.substr(0, index_entry_bytes))) return;
    index_bytes_ = index_entry_bytes;
  }
  for (; index_bytes_ + index_entry_bytes <= all.size(); index_bytes_ += index_entry_bytes) {
    const auto record = decode_record(all.substr(index_bytes_, index_entry_bytes));
    // Offsets never go back: one that does is damage.
    if (record && (records_.empty() || record->offset >= records_.back().offset)) {
      records_.push_back(*record);
    }
  }
}

void LogReader::set_time(LogLine& line) {
  line.at = last_time_;
  const auto covers = [&](const IndexRecord& record) {
    return record.kind == RecordKind::burst && offset_ - record.offset < record.length;
  };
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto after = std::ranges::upper_bound(records_, offset_, {}, &IndexRecord::offset);
    while (after != records_.begin() && (after - 1)->length == 0) --after;
    if (after != records_.begin() && covers(*(after - 1))) {
      line.at = last_time_ = (after - 1)->at.wall;
      line.run = (after - 1)->run;
      line.time_known = ((after - 1)->flags & time_unknown) == 0;
      return;
    }
    if (!closed_) load_index();  // written after the text: it may have come meanwhile
  }
}

LogLine LogReader::take(std::size_t length, std::size_t line_end) {
  LogLine line;
  line.text = buffer_.substr(at_, length);
  set_time(line);
  at_ += length + line_end;
  offset_ += length + line_end;
  return line;
}

std::optional<LogLine> LogReader::lost_before() {
  while (next_record_ < records_.size() && records_[next_record_].offset <= offset_) {
    const IndexRecord& record = records_[next_record_++];
    if (record.kind != RecordKind::gap || record.value == 0) continue;
    return LogLine{.at = record.at.wall,
                   .time_known = true,
                   .run = record.run,
                   .text = {},
                   .lost = record.value};
  }
  return std::nullopt;
}

std::optional<LogLine> LogReader::next() {
  for (;;) {
    if (auto lost = lost_before()) return lost;
    const std::size_t line_end = buffer_.find('\n', at_);
    const std::size_t length = std::min(line_end, buffer_.size()) - at_;
    if (length > most_line_bytes) return take(most_line_bytes, 0);
    if (line_end != std::string::npos) return take(length, 1);
    if (fill()) continue;
    if (!closed_ && text_.valid()) {
      if (!was_rotated()) return std::nullopt;
      if (fill()) continue;  // written between the last look and the rotation
    }
    if (auto left = rest()) return left;
    if (!open_next_segment()) return std::nullopt;
  }
}

std::optional<LogLine> LogReader::rest() {
  if (at_ == buffer_.size()) return std::nullopt;
  return take(std::min(buffer_.size() - at_, most_line_bytes), 0);
}

std::optional<IndexRecord> LogReader::first_record(std::optional<std::uint64_t> closed) const {
  const auto index = os::open_file(index_path(closed), os::OpenFor::read);
  if (!index) return std::nullopt;
  std::array<char, index_entry_bytes> entry;
  const auto got = os::read_at(index->view(), index_entry_bytes, entry);
  return decode_record(std::string_view(entry.data(), got.bytes));
}

void LogReader::go_to(std::uint64_t offset) {
  offset_ = offset;
  const auto seen = std::ranges::lower_bound(records_, offset_, {}, &IndexRecord::offset);
  next_record_ = static_cast<std::size_t>(seen - records_.begin());
}

template <typename Precedes>
void LogReader::seek(Precedes precedes) {
  const auto closed = closed_segments();
  const auto begins_before = [&](std::optional<std::uint64_t> segment) {
    const auto first = first_record(segment);
    return first && precedes(*first);
  };
  // The last segment that begins before what is sought has it, or its successor begins with it.
  const bool in_current = begins_before(std::nullopt);
  const auto after =
      in_current ? closed.end() : std::ranges::partition_point(closed, [&](std::uint64_t segment) {
        return begins_before(segment);
      });
  const std::uint64_t current = closed.empty() ? 1 : closed.back() + 1;
  if (in_current || closed.empty()) {
    if (!open_segment(std::nullopt, current)) return;
  } else {
    const std::uint64_t segment = after == closed.begin() ? closed.front() : *(after - 1);
    if (!open_segment(segment, segment)) return;
  }
  const auto first =
      std::ranges::find_if(records_, [&](const IndexRecord& record) { return !precedes(record); });
  if (first == records_.begin()) return;
  // From the byte before: were it in the middle of a line, the rest of that line is one of the
  // burst before, and is recognised as such.
  const auto& target = first == records_.end() ? records_.back() : *first;
  go_to(target.offset - std::min<std::uint64_t>(target.offset, 1));
}

void LogReader::seek_time(WallTime at) {
  seek([at](const IndexRecord& record) { return record.at.wall < at; });
}

void LogReader::seek_run(RunId run) {
  seek([run](const IndexRecord& record) { return record.run < run; });
}

std::optional<RunId> LogReader::run_before(RunId bound) const {
  auto closed = closed_segments();
  std::optional<std::uint64_t> segment;  // the current one
  for (;;) {
    const auto bytes = os::read_file(index_path(segment), most_index_bytes);
    RunId greatest = no_run;
    for (std::string_view rest = bytes ? std::string_view(*bytes) : std::string_view();
         rest.size() >= index_entry_bytes; rest.remove_prefix(index_entry_bytes)) {
      const auto record = decode_record(rest.substr(0, index_entry_bytes));
      if (!record || record->kind != RecordKind::burst) continue;
      if (record->run < bound) greatest = std::max(greatest, record->run);
    }
    if (greatest != no_run) return greatest;
    if (closed.empty()) return std::nullopt;
    segment = closed.back();
    closed.pop_back();
  }
}

// Where the last `lines` lines of the open segment begin; none: it has fewer (`lines` is then what
// is still wanted of the segments before it).
std::optional<std::uint64_t> LogReader::find_last(std::size_t& lines, bool at_very_end) const {
  const auto status = os::status_of(text_.view());
  std::uint64_t end = status ? status->size : 0;
  const std::uint64_t size = end;
  std::array<char, block_bytes> block;
  while (end > 0) {
    const std::size_t length = std::min<std::uint64_t>(end, block.size());
    const auto got = os::read_at(text_.view(), end - length, std::span(block).first(length));
    if (got.bytes != length) return 0;
    for (std::size_t i = length; i > 0; --i) {
      const bool is_last_byte = at_very_end && end - length + i == size;
      if (block[i - 1] != '\n' || is_last_byte) continue;
      if (--lines == 0) return end - length + i;
    }
    end -= length;
  }
  return std::nullopt;
}

void LogReader::seek_last(std::size_t lines) {
  auto closed = closed_segments();
  bool opened = open_segment(std::nullopt, closed.empty() ? 1 : closed.back() + 1);
  bool at_very_end = true;
  for (;;) {
    if (opened) {
      const auto status = os::status_of(text_.view());
      if (lines == 0) {
        offset_ = status ? status->size : 0;
        next_record_ = records_.size();
        return;
      }
      if (const auto offset = find_last(lines, at_very_end)) {
        return go_to(*offset);
      }
      at_very_end = at_very_end && status && status->size == 0;
    }
    if (closed.empty()) return;
    opened = open_segment(closed.back(), closed.back());
    closed.pop_back();
  }
}

}  // namespace stayd::journal
