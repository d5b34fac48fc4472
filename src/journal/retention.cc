// SPDX-License-Identifier: Apache-2.0
#include "journal/retention.h"

#include <algorithm>
#include <array>
#include <vector>

#include "journal/instance_folder.h"
#include "os/file_bytes.h"
#include "os/files.h"
#include "os/memory.h"

namespace stayd::journal {

namespace {

struct ClosedSegment {
  LogKind kind = LogKind::out;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
};

std::uint64_t size_at(os::FdView folder, const std::string& name) {
  const auto status = os::status_at(folder, name);
  return status ? status->size : 0;
}

std::int64_t modified_at(os::FdView folder, LogKind kind, std::uint64_t segment) {
  auto status = os::status_at(folder, closed_text_name(kind, segment));
  if (!status) status = os::status_at(folder, compressed_text_name(kind, segment));
  return status ? status->modified_ns : 0;
}

/// What an index says of its text's last byte; a time of 0 where it says nothing.
Stamp last_stamp(os::FdView folder, const std::string& index_name) {
  const auto index = os::open_beneath(folder, index_name, os::OpenFor::read, 0);
  const std::uint64_t size = index ? os::file_size(index->view()).value_or(0) : 0;
  if (size >= 2 * index_entry_bytes) {
    IndexEntry last;
    const std::uint64_t at = (size / index_entry_bytes - 1) * index_entry_bytes;
    (void)os::read_at(index->view(), at, last);
    if (const auto record = decode_record({last.data(), last.size()})) return record->at;
  }
  return {};
}

/// When its last byte came: its index says, else the file's time.
Stamp end_of(os::FdView folder, LogKind kind, std::uint64_t segment) {
  const Stamp stamp = last_stamp(folder, closed_index_name(kind, segment));
  if (stamp.wall.ns != 0) return stamp;
  return {.wall = {modified_at(folder, kind, segment)}};
}

Stamp end_of_current(os::FdView folder, LogKind kind) {
  const Stamp stamp = last_stamp(folder, current_index_name(kind));
  if (stamp.wall.ns != 0) return stamp;
  const auto status = os::status_at(folder, current_text_name(kind));
  return {.wall = {status ? status->modified_ns : 0}};
}

/// What the newest index says.
Duration max_age_of(os::FdView folder, LogKind kind, const FolderContent& content) {
  if (!content.current_index && content.indexes.empty()) return {};
  const std::string name = content.current_index ? current_index_name(kind)
                                                 : closed_index_name(kind, content.indexes.back());
  const auto index = os::open_beneath(folder, name, os::OpenFor::read, 0);
  IndexEntry entry;
  if (!index || os::read_at(index->view(), 0, entry).bytes != entry.size()) return {};
  const auto header = decode_header({entry.data(), entry.size()});
  return header ? std::max(header->max_age, Duration{}) : Duration{};
}

Instant remove_expired(os::FdView folder, LogKind kind, Duration max_age, const Stamp& now) {
  if (max_age.ns == 0) return Instant::never();
  for (const std::uint64_t segment : content_of(folder, kind).texts) {
    const Duration age = age_of(end_of(folder, kind, segment), now);
    if (age < max_age) return now.since_boot + (max_age - age);
    remove_segment(folder, kind, segment);
  }
  return Instant::never();
}

void list_closed(os::FdView folder, LogKind kind, std::vector<ClosedSegment>& into) {
  for (const std::uint64_t segment : content_of(folder, kind).texts) {
    into.push_back({.kind = kind,
                    .number = segment,
                    .bytes = bytes_of_segment(folder, kind, segment),
                    .modified_ns = modified_at(folder, kind, segment)});
  }
}

void remove_beyond_total(os::FdView folder, LogKind kind, const Retention& wanted) {
  if (wanted.max_total == 0) return;
  const LogKind other = kind == LogKind::out ? LogKind::err : LogKind::out;
  std::vector<ClosedSegment> closed;
  list_closed(folder, kind, closed);
  list_closed(folder, other, closed);
  std::ranges::sort(closed, {}, &ClosedSegment::modified_ns);
  const bool has_other = os::status_at(folder, current_text_name(other)).has_value();
  std::uint64_t total = wanted.expected + (has_other ? wanted.expected : 0);
  for (const ClosedSegment& segment : closed) total += segment.bytes;
  for (const ClosedSegment& segment : closed) {
    if (total <= wanted.max_total) return;
    remove_segment(folder, segment.kind, segment.number);
    total -= segment.bytes;
  }
}

}  // namespace

Duration age_of(const Stamp& then, const Stamp& now) {
  const bool is_one_boot = then.boot != 0 && then.boot == now.boot;
  const Duration age =
      is_one_boot ? now.since_boot - then.since_boot : Duration{now.wall.ns - then.wall.ns};
  return std::max(age, Duration{});
}

std::uint64_t bytes_of_segment(os::FdView folder, LogKind kind, std::uint64_t segment) {
  return size_at(folder, closed_text_name(kind, segment)) +
         size_at(folder, compressed_text_name(kind, segment)) +
         size_at(folder, closed_index_name(kind, segment));
}

Instant retain_unused(os::FdView folder, LogKind kind, const Stamp& now) {
  const FolderContent content = content_of(folder, kind);
  const Duration max_age = max_age_of(folder, kind, content);
  if (max_age.ns == 0) return Instant::never();
  Instant next = remove_expired(folder, kind, max_age, now);
  const auto current = os::status_at(folder, current_text_name(kind));
  if (current && current->size != 0) {
    const Duration age = age_of(end_of_current(folder, kind), now);
    if (age < max_age) {
      next = std::min(next, now.since_boot + (max_age - age));
    } else {
      (void)os::remove_at(folder, current_text_name(kind));
      (void)os::remove_at(folder, current_index_name(kind));
    }
  }
  return next == Instant::never() ? next : next + nanoseconds(max_age.ns / 8);
}

Instant retain(os::FdView folder, LogKind kind, const Retention& wanted, const Stamp& now) {
  (void)keep_newest_segments(folder, kind, std::max(wanted.max_files, 1U));
  const Instant next = remove_expired(folder, kind, wanted.max_age, now);
  remove_beyond_total(folder, kind, wanted);
  return next;
}

}  // namespace stayd::journal
