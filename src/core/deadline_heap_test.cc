// SPDX-License-Identifier: Apache-2.0
#include "core/deadline_heap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace stayd::core {
namespace {

TEST_CASE("the earliest deadline is known whatever was set, moved and taken back") {
  constexpr std::uint32_t count = 50;
  std::mt19937 random(7);
  DeadlineHeap heap;
  heap.reset(count);
  std::vector<Instant> model(count, Instant::never());
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<std::uint32_t>(random() % count);
    model[id] = random() % 4 == 0 ? Instant::never() : Instant{static_cast<int>(random() % 1000)};
    heap.set(InstanceId{id}, model[id]);
    const Instant earliest = *std::ranges::min_element(model);
    REQUIRE(heap.earliest() == earliest);
    if (earliest != Instant::never())
      REQUIRE(index_of(heap.earliest_instance()) ==
              static_cast<std::uint32_t>(std::ranges::find(model, earliest) - model.begin()));
  }
}

}  // namespace
}  // namespace stayd::core
