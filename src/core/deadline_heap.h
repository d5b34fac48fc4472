// SPDX-License-Identifier: Apache-2.0
// Which instance's deadline comes first: a binary heap that knows where each instance stands, so
// that a deadline can be moved or taken back. Equal times come in the order of the instances.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace stayd::core {

class DeadlineHeap {
 public:
  /// Empty, for instances 0 to count - 1.
  void reset(std::size_t count);
  /// Instant::never() takes it out.
  void set(InstanceId id, Instant at);
  /// Instant::never() when empty.
  [[nodiscard]] Instant earliest() const;
  /// Whose `earliest` is; only when that is not never.
  [[nodiscard]] InstanceId earliest_instance() const;

 private:
  struct Entry {
    Instant at;
    InstanceId id;
    auto operator<=>(const Entry&) const = default;
  };
  void put(std::size_t position, Entry entry);
  void rise(std::size_t position, Entry entry);
  void sink(std::size_t position, Entry entry);
  void remove(std::size_t position);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> position_;  ///< by instance; `absent`: not in the heap
};

}  // namespace stayd::core
