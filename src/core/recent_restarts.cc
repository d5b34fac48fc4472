// SPDX-License-Identifier: Apache-2.0
#include "core/recent_restarts.h"

#include <algorithm>

namespace stayd::core {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t most_age = UINT32_MAX;  // 49 days

/// Restarts that a mark stands for.
std::uint32_t stride_of(std::uint32_t limit) {
  constexpr std::uint32_t gaps = RecentRestarts::most_marks - 1;
  return std::max(1U, (limit - 1) / gaps + ((limit - 1) % gaps != 0 ? 1 : 0));
}

/// Whole milliseconds from the newest mark to now.
std::int64_t since_latest(const RecentRestarts& recent, Instant now) {
  return std::max<std::int64_t>(0, (now - recent.latest).ns / millisecond);
}

void mark(RecentRestarts& recent, Instant now) {
  const std::int64_t moved = since_latest(recent, now);
  recent.unmarked = 0;
  if (recent.marks == 0) {
    recent.latest = now;
  } else {
    // The rest of the millisecond stays in `latest`: ages do not drift.
    recent.latest = recent.latest + milliseconds(moved);
  }
  for (std::uint32_t i = std::min(recent.marks, RecentRestarts::most_marks - 1); i > 0; --i)
    recent.age[i] =
        static_cast<std::uint32_t>(std::min(most_age, std::int64_t{recent.age[i - 1]} + moved));
  recent.age[0] = 0;
  recent.marks = std::min(recent.marks + 1, RecentRestarts::most_marks);
}

/// Whether the restart that `limit` restarts ago was the first of as many is still within the
/// interval.
bool is_reached(const RecentRestarts& recent, const RestartLimit& limit, Instant now) {
  const std::uint32_t stride = stride_of(limit.most);
  const std::uint32_t before_mark = limit.most - 1 - std::min(recent.unmarked, limit.most - 1);
  const std::uint32_t place = before_mark / stride + (before_mark % stride != 0 ? 1 : 0);
  if (place >= recent.marks) return false;
  return recent.age[place] + since_latest(recent, now) <= limit.interval.ns / millisecond;
}

}  // namespace

bool count_restart(RecentRestarts& recent, const RestartLimit& limit, Instant now) {
  if (limit.most == 0) return true;
  if (is_reached(recent, limit, now)) return false;
  if (recent.marks == 0 || ++recent.unmarked >= stride_of(limit.most)) mark(recent, now);
  return true;
}

}  // namespace stayd::core
