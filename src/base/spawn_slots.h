// SPDX-License-Identifier: Apache-2.0
// How many descriptors starting processes keeps occupied (os/spawn.h says what for), which is a
// part of what a configuration needs (model/descriptors.h).
#pragma once

#include <cstdint>

namespace stayd {

/// The numbers from 3 up to, but without, this one.
inline constexpr int table_slots = 64;
/// Below this RLIMIT_NOFILE slots would take too many: there are none, and the table is copied.
inline constexpr std::uint64_t least_limit_for_slots = 256;

}  // namespace stayd
