// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_walk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/instance_folder.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

// Each attempt fails only where the folder has changed since it was listed.
constexpr int most_attempts = 100;

}  // namespace

std::vector<std::uint64_t> SegmentWalk::closed_segments() const {
  const auto folder = os::open_folder(folder_);
  if (!folder) return {};
  return content_of(folder->view(), kind_).texts;
}

Result<SegmentSource> SegmentWalk::open_text(std::optional<std::uint64_t> closed) const {
  const os::Fd folder = TRY(os::open_folder(folder_));
  return SegmentSource::open(folder.view(), kind_, closed);
}

IndexReader SegmentWalk::open_index(std::optional<std::uint64_t> closed) const {
  const std::string current = folder_ + "/" + current_index_name(kind_);
  if (!closed) return IndexReader::open(current);
  IndexReader index = IndexReader::open(folder_ + "/" + closed_index_name(kind_, *closed));
  if (index.segment()) return index;
  // Between the two renames of a rotation.
  IndexReader newest = IndexReader::open(current);
  return newest.segment() == closed ? std::move(newest) : IndexReader();
}

bool SegmentWalk::open_closed(std::uint64_t number) {
  auto text = open_text(number);
  if (!text && text.error().number == ENOENT) return false;
  trouble_ = text ? "" : text.error().message;
  text_ = text ? std::move(*text) : SegmentSource();
  index_ = open_index(number);
  place_ = {.number = number, .is_closed = true};
  return true;
}

bool SegmentWalk::was_replaced() const {
  const auto status = os::status_of_path(folder_ + "/" + current_text_name(kind_));
  return status && status->inode != text_.inode();
}

bool SegmentWalk::open_current() {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto closed = closed_segments();
    auto text = open_text(std::nullopt);
    if (!text) return false;
    IndexReader index = open_index(std::nullopt);
    // Number, text and index belong together if no rotation came between.
    const auto status = os::status_of_path(folder_ + "/" + current_text_name(kind_));
    if (!status || status->inode != text->inode() || closed_segments() != closed) continue;
    const std::uint64_t last = closed.empty() ? 0 : closed.back();
    text_ = std::move(*text);
    trouble_.clear();
    place_ = {.number = std::max(last + 1, index.segment().value_or(0))};
    index_ = std::move(index);
    return true;
  }
  return false;
}

bool SegmentWalk::refresh_index() {
  if (index_.segment()) return index_.refresh();
  if (is_current()) index_ = open_index(std::nullopt);
  return index_.count() > 0;
}

bool SegmentWalk::open_next() {
  const Place before = place_;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto closed = closed_segments();
    const auto next = std::ranges::upper_bound(closed, before.number);
    bool opened = false;
    if (next != closed.end()) {
      opened = open_closed(*next);
    } else {
      if (is_current() && !was_replaced()) return false;
      opened = open_current();
      const auto closed_now = closed_segments();
      if (!opened && closed_now == closed) return false;
      // What was closed since comes before the one that is current now.
      if (std::ranges::upper_bound(closed_now, before.number) != closed_now.end()) continue;
    }
    if (!opened) continue;
    const bool has_gap = before.number > 0 && place_.number > before.number + 1;
    missing_ = has_gap ? place_.number - before.number - 1 : 0;
    return true;
  }
  return false;
}

bool SegmentWalk::open_previous() {
  const Place before = place_;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto closed = closed_segments();
    const auto behind = std::ranges::lower_bound(closed, before.number);
    if (behind == closed.begin()) return false;
    if (!open_closed(*(behind - 1))) continue;
    missing_ = before.number - place_.number - 1;
    return true;
  }
  return false;
}

bool SegmentWalk::open_last() {
  missing_ = 0;
  if (open_current()) return true;
  const auto closed = closed_segments();
  return !closed.empty() && open_closed(closed.back());
}

bool SegmentWalk::open(const Place& place) {
  missing_ = 0;
  if (place.is_closed) return open_closed(place.number);
  if (is_current() && place.number == place_.number) return true;
  // It may have been closed meanwhile.
  if (open_closed(place.number)) return true;
  return open_current() && place_.number == place.number;
}

// The last segment that begins before what is sought has it, or its successor begins with it.
template <typename Precedes>
bool SegmentWalk::open_for(Precedes precedes) {
  missing_ = 0;
  const auto closed = closed_segments();
  const auto begins_before = [&](std::optional<std::uint64_t> segment) {
    const auto first = open_index(segment).first_from(0);
    return first && precedes(*first);
  };
  if (closed.empty() || begins_before(std::nullopt)) return open_current();
  const auto after = std::ranges::partition_point(
      closed, [&](std::uint64_t segment) { return begins_before(segment); });
  return open_closed(after == closed.begin() ? closed.front() : *(after - 1));
}

bool SegmentWalk::open_for_time(WallTime at) {
  return open_for([at](const IndexRecord& record) { return record.at.wall < at; });
}

bool SegmentWalk::open_for_run(RunId run) {
  if (!open_for([run](const IndexRecord& record) { return record.run < run; })) return false;
  // Last words of an earlier run may begin a segment in the middle of this one.
  const auto begins_here = [&] {
    const auto first = index_.at(index_.find_run(run));
    return first && first->run == run && (first->flags & run_begins) != 0;
  };
  while (!begins_here()) {
    const Place here = place_;
    if (!open_previous()) return true;
    const auto first = index_.first_from(index_.find_run(run));
    if (!first) return open(here);
  }
  return true;
}

std::optional<RunId> SegmentWalk::run_before(RunId bound) const {
  if (const auto run = open_index(std::nullopt).run_before(bound)) return run;
  auto closed = closed_segments();
  for (; !closed.empty(); closed.pop_back()) {
    if (const auto run = open_index(closed.back()).run_before(bound)) return run;
  }
  return std::nullopt;
}

}  // namespace stayd::journal
