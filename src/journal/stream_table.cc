// SPDX-License-Identifier: Apache-2.0
#include "journal/stream_table.h"

#include <algorithm>
#include <utility>

namespace stayd::journal {

std::unique_ptr<Pattern> pattern_of(const Streams& message) {
  if (message.ready_pattern.empty()) return nullptr;
  auto compiled = Pattern::compile(message.ready_pattern);
  return compiled ? std::make_unique<Pattern>(std::move(*compiled)) : nullptr;
}

StreamTable::Slot StreamTable::add(std::uint32_t number) {
  Slot slot = end();
  if (free_.empty()) {
    streams_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  streams_[slot].number = number;
  by_number_.emplace(number, slot);
  return slot;
}

void StreamTable::remove(Slot slot) {
  Stream& stream = streams_[slot];
  by_number_.erase(stream.number);
  const std::uint32_t generation = stream.generation + 1;
  stream = Stream{};
  stream.generation = generation;
  free_.push_back(slot);
}

StreamTable::Slot StreamTable::find(std::uint32_t number) const {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? no_slot : at->second;
}

const StreamSettings* StreamTable::settings(const StreamSettings& wanted) {
  const auto known = std::ranges::find(settings_, wanted);
  if (known != settings_.end()) return &*known;
  return &settings_.emplace_back(wanted);
}

}  // namespace stayd::journal
