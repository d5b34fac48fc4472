// SPDX-License-Identifier: Apache-2.0
// What will happen and when. Things of the same time happen in the order in which they were noted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace stayd::sim {

enum class Happening : std::uint8_t {
  // in the world
  main_dies,
  rest_dies,
  turns_ready,
  operator_acts,
  // told to the supervisor; lost when it dies before
  tell_spawned,
  tell_spawn_failed,
  tell_ready,
  tell_exited,
  tell_emptied,
  tell_stopped,
  tell_continued,
  tell_command_ended
};
constexpr bool is_told(Happening happening) { return happening >= Happening::tell_spawned; }

struct Item {
  Instant at;
  std::uint64_t sequence = 0;
  RunId run{};
  InstanceId instance = no_instance;
  std::uint32_t generation = 0;  ///< of the supervisor that is to be told
  std::int32_t value = 0;        ///< exit code, -signal, errno
  Happening happening = Happening::operator_acts;
};

class Agenda {
 public:
  void add(Item item) {
    item.sequence = next_++;
    items_.push_back(item);
    std::ranges::push_heap(items_, later);
  }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] Instant earliest() const {
    return items_.empty() ? Instant::never() : items_.front().at;
  }
  Item take() {
    std::ranges::pop_heap(items_, later);
    const Item item = items_.back();
    items_.pop_back();
    return item;
  }
  void clear() { items_.clear(); }

 private:
  static bool later(const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
  }
  std::vector<Item> items_;
  std::uint64_t next_ = 0;
};

}  // namespace stayd::sim
