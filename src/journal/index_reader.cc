// SPDX-License-Identifier: Apache-2.0
#include "journal/index_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

/// How far the wall clock is ahead of the time since boot.
std::int64_t lead_of(const Stamp& stamp) {
  std::int64_t lead = 0;
  return __builtin_sub_overflow(stamp.wall.ns, stamp.since_boot.ns, &lead) ? 0 : lead;
}

}  // namespace

IndexReader IndexReader::open(const std::string& path) {
  IndexReader index;
  auto file = os::open_file(path, os::OpenFor::read);
  if (!file) return index;
  const auto status = os::status_of(file->view());
  if (!status || !status->is_regular) return index;
  index.file_ = std::move(*file);
  index.refresh();
  return index;
}

bool IndexReader::refresh() {
  if (!file_.valid()) return false;
  const auto status = os::status_of(file_.view());
  const std::uint64_t entries = status ? status->size / index_entry_bytes : 0;
  if (entries == 0) return false;
  if (!segment_) {
    block_ = UINT64_MAX;
    if (!load(0)) return false;
    const auto header = decode_header({bytes_.data(), std::min(filled_, index_entry_bytes)});
    if (!header) return false;
    segment_ = header->segment;
  }
  if (entries - 1 <= count_) return false;
  block_ = decoded_number_ = UINT64_MAX;  // it may have grown
  count_ = entries - 1;
  return true;
}

bool IndexReader::load(std::uint64_t block) {
  if (block == block_) return true;
  const auto got = os::read_at(file_.view(), block * block_bytes, bytes_);
  filled_ = got.bytes;
  block_ = got.ok() ? block : UINT64_MAX;
  return got.ok();
}

std::optional<IndexRecord> IndexReader::at(std::uint64_t number) {
  if (number >= count_) return std::nullopt;
  if (number == decoded_number_) return decoded_;
  const std::uint64_t offset = (number + 1) * index_entry_bytes;
  if (!load(offset / block_bytes)) return std::nullopt;
  const auto begin = static_cast<std::size_t>(offset % block_bytes);
  if (begin + index_entry_bytes > filled_) return std::nullopt;
  decoded_ = decode_record(std::string_view(bytes_.data() + begin, index_entry_bytes));
  decoded_number_ = number;
  return decoded_;
}

std::optional<IndexRecord> IndexReader::first_from(std::uint64_t number) {
  for (; number < count_; ++number) {
    if (auto record = at(number)) return record;
  }
  return std::nullopt;
}

// A damaged record is passed over.
template <typename Precedes>
std::uint64_t IndexReader::bisect(std::uint64_t low, std::uint64_t high, Precedes precedes) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    std::uint64_t whole = middle;
    auto record = at(whole);
    while (!record && ++whole < high) record = at(whole);
    if (record && precedes(*record)) {
      low = whole + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint64_t IndexReader::find_offset(std::uint64_t offset) {
  return bisect(0, count_, [offset](const IndexRecord& record) { return record.offset < offset; });
}

// Records are written in the order of the boot-time clock: as long as the wall clock keeps its lead
// (within a second: it is steered in small steps all the time), they are in its order as well.
bool IndexReader::clock_was_set_back(std::uint64_t low, std::uint64_t high) {
  constexpr std::int64_t tolerance = 1'000'000'000;
  const auto first = at(low);
  const auto last = at(high - 1);
  if (!first || !last) return false;
  if (first->at.boot != last->at.boot) return true;
  std::int64_t change = 0;
  return __builtin_sub_overflow(lead_of(last->at), lead_of(first->at), &change) ||
         change < -tolerance;
}

// Halves the range, so it is at most 64 calls deep.
std::uint64_t IndexReader::find_time_within(std::uint64_t low, std::uint64_t high, WallTime at) {
  constexpr std::uint64_t few = 2;
  if (high - low > few && clock_was_set_back(low, high)) {
    const std::uint64_t middle = low + (high - low) / 2;
    const std::uint64_t found = find_time_within(low, middle, at);
    return found < middle ? found : find_time_within(middle, high, at);
  }
  return bisect(low, high, [at](const IndexRecord& record) { return record.at.wall < at; });
}

std::uint64_t IndexReader::find_time(WallTime at) { return find_time_within(0, count_, at); }

// Runs begin in the order of their numbers, but an older one's last words (a child that has kept
// the pipe) may stand among those of a later one. The run's first record in the log has a flag.
std::uint64_t IndexReader::find_run(RunId run) {
  const std::uint64_t found =
      bisect(0, count_, [run](const IndexRecord& record) { return record.run < run; });
  const auto here = at(found);
  if (here && here->run == run && (here->flags & run_begins) != 0) return found;
  std::uint64_t first = found;
  for (std::uint64_t before = found; before > 0; --before) {
    const auto record = at(before - 1);
    if (!record || record->run < run) continue;
    first = before - 1;
    if (record->run == run && (record->flags & run_begins) != 0) break;
  }
  return first;
}

std::optional<RunId> IndexReader::run_before(RunId bound) {
  RunId greatest = no_run;
  const std::uint64_t end =
      bisect(0, count_, [bound](const IndexRecord& record) { return record.run < bound; });
  for (std::uint64_t before = end; before > 0; --before) {
    const auto record = at(before - 1);
    if (!record || record->kind != RecordKind::burst || record->run >= bound) continue;
    greatest = std::max(greatest, record->run);
    // What stands before the beginning of a run is of earlier ones.
    if ((record->flags & run_begins) != 0) break;
  }
  if (greatest == no_run) return std::nullopt;
  return greatest;
}

}  // namespace stayd::journal
