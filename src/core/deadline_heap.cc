// SPDX-License-Identifier: Apache-2.0
#include "core/deadline_heap.h"

#include "base/check.h"

namespace stayd::core {

namespace {
constexpr std::uint32_t absent = 0xffff'ffff;
}

void DeadlineHeap::reset(std::size_t count) {
  entries_.clear();
  position_.assign(count, absent);
}

void DeadlineHeap::set(InstanceId id, Instant at) {
  const std::uint32_t position = position_[index_of(id)];
  if (at == Instant::never()) {
    if (position != absent) remove(position);
    return;
  }
  const Entry entry{at, id};
  if (position == absent) {
    entries_.push_back(entry);
    rise(entries_.size() - 1, entry);
  } else if (entry < entries_[position]) {
    rise(position, entry);
  } else {
    sink(position, entry);
  }
}

Instant DeadlineHeap::earliest() const {
  return entries_.empty() ? Instant::never() : entries_.front().at;
}

InstanceId DeadlineHeap::earliest_instance() const {
  ENSURE(!entries_.empty());
  return entries_.front().id;
}

void DeadlineHeap::put(std::size_t position, Entry entry) {
  entries_[position] = entry;
  position_[index_of(entry.id)] = static_cast<std::uint32_t>(position);
}

void DeadlineHeap::rise(std::size_t position, Entry entry) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!(entry < entries_[parent])) break;
    put(position, entries_[parent]);
    position = parent;
  }
  put(position, entry);
}

void DeadlineHeap::sink(std::size_t position, Entry entry) {
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= entries_.size()) break;
    if (child + 1 < entries_.size() && entries_[child + 1] < entries_[child]) ++child;
    if (!(entries_[child] < entry)) break;
    put(position, entries_[child]);
    position = child;
  }
  put(position, entry);
}

void DeadlineHeap::remove(std::size_t position) {
  position_[index_of(entries_[position].id)] = absent;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (position == entries_.size()) return;
  if (last < entries_[position]) {
    rise(position, last);
  } else {
    sink(position, last);
  }
}

}  // namespace stayd::core
