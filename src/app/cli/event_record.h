// SPDX-License-Identifier: Apache-2.0
// One line of `@events` (docs/events.md), read. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace stayd::app {

/// What a line does not have is empty, zero or none; fields of a newer stayd are skipped.
struct EventRecord {
  std::uint64_t version = 0;
  WallTime at{};
  std::string kind;
  std::string instance;
  std::uint64_t run = 0;
  std::string from, to;       ///< phases
  std::string reason, cause;  ///< core::word(Reason), and the instance that it speaks of
  std::string text;           ///< for a person
  std::int64_t pid = 0;
  std::int64_t operator_uid = -1;
  std::int64_t operator_pid = 0;
  // exited, log-writer-ended
  std::optional<std::int64_t> code, signal;
  bool core = false, oom = false;
  std::optional<Duration> ran_for, cpu;
  std::optional<std::uint64_t> peak_memory;
  // ready, output
  std::optional<Duration> ready_after;
  std::optional<std::uint64_t> bytes;
  // command, refused
  std::string verb, right;
  std::vector<std::string> names;
};

/// None: it is not a JSON object with a kind and a time.
std::optional<EventRecord> read_event(std::string_view line);

/// Whether the event is about one of `names`, each an instance, a service or a shell glob: about an
/// instance that one of them chooses, or a command for one. No names choose every event.
bool is_about(const EventRecord& event, std::span<const std::string_view> names);

}  // namespace stayd::app
