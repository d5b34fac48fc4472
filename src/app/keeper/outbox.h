// SPDX-License-Identifier: Apache-2.0
// What waits to be sent to the supervisor. The keeper must never wait for it: a supervisor that
// does not read (stopped, busy) leaves signals in the kernel, where they coalesce, while its own
// requests are still taken.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/keeper_link.h"

namespace stayd::app {

class Outbox {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0 && !children_changed_; }
  /// Whether a signal may be added: places for the answers are kept free.
  [[nodiscard]] bool takes_signals() const { return count_ < capacity - answers; }
  [[nodiscard]] bool full() const { return count_ == capacity; }

  /// Not when full().
  void add(const runtime::LinkMessage& message);
  /// That some child may have changed: said once, after all else.
  void add_children_changed() { children_changed_ = true; }
  /// Sends what goes. False: the supervisor is gone.
  bool flush(os::FdView link);
  /// Answers are for the supervisor that asked, and its successor looks at all children anyway:
  /// only signals stay.
  void keep_signals_only();

 private:
  static constexpr std::size_t answers = runtime::most_unanswered;
  static constexpr std::size_t capacity = answers + 64;

  [[nodiscard]] runtime::LinkMessage& at(std::size_t i) { return ring_[(first_ + i) % capacity]; }

  std::array<runtime::LinkMessage, capacity> ring_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  bool children_changed_ = false;
};

}  // namespace stayd::app
