// SPDX-License-Identifier: Apache-2.0
#include "os/dying.h"

#include <algorithm>
#include <utility>

#include "os/clock.h"
#include "os/process.h"

namespace stayd::os {

namespace {

constexpr Duration least = milliseconds(1), most_at_once = milliseconds(20);
constexpr Duration most_in_all = milliseconds(100);

}  // namespace

void Dying::give_way() {
  if (count_ > 0) {
    const auto more = time_each_.ns * std::exchange(count_, 0) / processor_count();
    owed_ = std::min(Duration{owed_.ns + more}, most_in_all);
  }
  if (owed_ < least) return;
  const Duration way = std::min(owed_, most_at_once);
  owed_ = owed_ - way;
  nap(way);
}

}  // namespace stayd::os
