// SPDX-License-Identifier: Apache-2.0
#include "journal/index_writer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "os/error.h"
#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

constexpr Duration one_burst = milliseconds(1);
constexpr std::size_t most_waiting_bytes = 64 * index_entry_bytes;
constexpr std::uint64_t entries_at_once = 64;

/// The sound part of an index: its size in bytes, and the last record there, if any.
struct SoundPart {
  std::uint64_t size = 0;
  std::uint64_t covered = 0;  ///< end of the last burst: text beyond it is in no record
  RunId last_run = no_run;
};

bool agrees(const IndexRecord& record, const IndexSubject& subject) {
  return record.offset + record.length <= subject.text_size;
}

// Walks back from the end: damage is at the tail, if anywhere that matters.
SoundPart find_sound_part(os::FdView file, std::uint64_t entries, const IndexSubject& subject) {
  std::array<char, entries_at_once * index_entry_bytes> block;
  while (entries > 1) {
    const std::uint64_t first = entries > entries_at_once ? entries - entries_at_once : 1;
    const std::size_t bytes = (entries - first) * index_entry_bytes;
    const auto got = os::read_at(file, first * index_entry_bytes, std::span(block).first(bytes));
    for (; entries > first; --entries) {
      const std::size_t at = (entries - 1 - first) * index_entry_bytes;
      if (at + index_entry_bytes > got.bytes) continue;
      const auto record = decode_record({block.data() + at, index_entry_bytes});
      if (!record || !agrees(*record, subject)) continue;
      return {.size = entries * index_entry_bytes,
              .covered = record->offset + record->length,
              .last_run = record->run};
    }
  }
  return {.size = index_entry_bytes, .covered = 0, .last_run = no_run};
}

std::optional<IndexHeader> read_header(os::FdView file) {
  IndexEntry entry;
  const auto got = os::read_at(file, 0, entry);
  if (!got.ok() || got.bytes != entry.size()) return std::nullopt;
  return decode_header({entry.data(), entry.size()});
}

Status write_header(os::FdView file, const IndexHeader& header) {
  const IndexEntry entry = encode(header);
  const auto put = os::write_at(file, 0, {entry.data(), entry.size()});
  if (!put.ok()) return os::error_of(put.number, "cannot write a log index");
  return {};
}

Status begin_anew(os::FdView file, const IndexSubject& subject) {
  if (const int number = os::set_file_size(file, 0); number != 0) {
    return os::error_of(number, "cannot empty a log index");
  }
  return write_header(
      file, {.segment = subject.segment, .created = subject.now, .max_age = subject.max_age});
}

}  // namespace

Result<IndexWriter> IndexWriter::open(os::Fd file, const IndexSubject& subject) {
  SoundPart sound{.size = index_entry_bytes, .covered = 0, .last_run = no_run};
  const os::FileStatus status = TRY(os::status_of(file.view()));
  if (auto header = read_header(file.view())) {
    if (std::exchange(header->max_age, subject.max_age) != subject.max_age) {
      (void)write_header(file.view(), *header);
    }
    sound = find_sound_part(file.view(), status.size / index_entry_bytes, subject);
    if (sound.size != status.size) (void)os::set_file_size(file.view(), sound.size);
  } else {
    TRY(begin_anew(file.view(), subject));
  }
  IndexWriter writer(std::move(file), sound.size);
  writer.last_run_ = sound.last_run;
  if (sound.covered < subject.text_size) {
    writer.push({.at = subject.now,
                 .run = no_run,
                 .offset = sound.covered,
                 .length = subject.text_size - sound.covered,
                 .value = 0,
                 .kind = RecordKind::burst,
                 .flags = time_unknown});
  }
  return writer;
}

void IndexWriter::note_burst(const IndexRecord& record) {
  const bool grows = has_open_ && open_.run == record.run &&
                     open_.offset + open_.length == record.offset &&
                     record.at.since_boot - open_.at.since_boot < one_burst;
  if (grows) {
    open_.length += record.length;
    return;
  }
  close_burst();
  open_ = record;
  if (record.run != last_run_) open_.flags = static_cast<std::uint16_t>(open_.flags | run_begins);
  last_run_ = record.run;
  has_open_ = true;
}

void IndexWriter::append(const IndexRecord& record) {
  close_burst();
  push(record);
}

void IndexWriter::close_burst() {
  if (!has_open_) return;
  has_open_ = false;
  push(open_);
}

void IndexWriter::push(const IndexRecord& record) {
  const IndexEntry entry = encode(record);
  waiting_.append(entry.data(), entry.size());
  if (waiting_.size() >= most_waiting_bytes) (void)flush();
}

int IndexWriter::flush() {
  if (has_open_ && waiting_.empty()) {
    has_open_ = false;
    const IndexEntry entry = encode(open_);
    return write({entry.data(), entry.size()});
  }
  close_burst();
  if (waiting_.empty()) return 0;
  const int number = write(waiting_);
  // Freed, not cleared: most logs write rarely.
  std::string().swap(waiting_);
  return number;
}

Stamp IndexWriter::begins() const {
  std::array<char, 2 * index_entry_bytes> both;
  const auto got = os::read_at(file_.view(), 0, both);
  const std::string_view entries(both.data(), got.bytes);
  if (got.bytes == both.size()) {
    if (const auto first = decode_record(entries.substr(index_entry_bytes))) return first->at;
  }
  const auto header = decode_header(entries.substr(0, index_entry_bytes));
  return header ? header->created : Stamp{};
}

int IndexWriter::restart(const IndexSubject& subject) {
  has_open_ = false;
  std::string().swap(waiting_);
  size_ = index_entry_bytes;
  const Status done = begin_anew(file_.view(), subject);
  return done ? 0 : done.error().number;
}

int IndexWriter::write(std::string_view entries) {
  const auto put = os::write_at(file_.view(), size_, entries);
  // A part of an entry is written over by the next one.
  size_ += put.bytes / index_entry_bytes * index_entry_bytes;
  return put.number;
}

}  // namespace stayd::journal
