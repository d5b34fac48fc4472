// SPDX-License-Identifier: Apache-2.0
// How many descriptors a configuration takes, so that one which cannot fit is refused before
// anything starts; asked by the command line, and by the supervisor, whose limit may be another.
#pragma once

#include <cstdint>
#include <string>

#include "base/spawn_slots.h"
#include "model/spec.h"

namespace stayd::model {

/// How many of `limit` descriptors no start may take: with them everything that runs can still be
/// stopped, reaped and asked for. The log writer keeps as many for the files that it has open.
constexpr std::uint64_t reserved_descriptors(std::uint64_t limit) {
  return limit / 4 < 320 ? limit / 4 : 320;
}

/// How many cgroups of instances the supervisor keeps open, each with its cgroup.events.
constexpr std::uint64_t open_leaves(std::uint64_t limit) {
  return limit < least_limit_for_slots ? 0 : 8;
}

struct DescriptorNeed {
  std::uint64_t instances = 0;
  std::uint64_t of_instances = 0;  ///< in the supervisor, which has more than the log writer
  /// With every instance of it running.
  void add(const Service& service);
  /// Of stayd itself; `limit` decides how many slots spawn occupies, and what is kept or reserved.
  [[nodiscard]] static std::uint64_t of_stayd(std::uint64_t limit);
  [[nodiscard]] bool fits(std::uint64_t limit) const {
    return of_instances + of_stayd(limit) <= limit;
  }
  /// Why it does not.
  [[nodiscard]] std::string refusal(std::uint64_t limit) const;
};
inline constexpr const char* descriptor_advice =
    "raise it (ulimit -Hn, LimitNOFILE=), lower replicas, or set log.stderr = \"merge\"";

}  // namespace stayd::model
