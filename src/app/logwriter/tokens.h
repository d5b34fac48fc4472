// SPDX-License-Identifier: Apache-2.0
// What the log writer tells its descriptors apart by in epoll: a stream's slot and the slot's
// generation, or one of a few names.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "journal/console.h"
#include "journal/line_sinks.h"
#include "journal/stream_table.h"

namespace stayd::app {

/// How soon a log that could not be written is tried again.
inline constexpr Duration retry_period = milliseconds(500);

inline constexpr std::uint64_t channel_token = ~std::uint64_t{0};

constexpr std::uint64_t console_token(journal::ConsoleSide side) {
  return channel_token - 1 - static_cast<std::uint64_t>(side);
}

constexpr std::uint64_t receiver_token(journal::Receiver receiver) {
  return channel_token - 3 - static_cast<std::uint64_t>(receiver);
}
inline constexpr std::uint64_t signals_token = channel_token - 5;

/// The pipe to a command.
inline constexpr std::uint32_t consumer_slot = 0xffff'0000U;
constexpr std::uint64_t consumer_token(std::uint32_t id) {
  return std::uint64_t{id} << 32 | consumer_slot;
}
constexpr bool is_consumer_token(std::uint64_t token) {
  return static_cast<std::uint32_t>(token) == consumer_slot;
}

/// Never one of the above: a slot of 2^32 - 1 is no_slot, and there are not that many streams.
constexpr std::uint64_t stream_token(journal::StreamTable::Slot slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | slot;
}
constexpr journal::StreamTable::Slot slot_of(std::uint64_t token) {
  return static_cast<journal::StreamTable::Slot>(token);
}

}  // namespace stayd::app
