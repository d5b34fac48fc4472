// SPDX-License-Identifier: Apache-2.0
// restart.limit over a sliding interval, in a few words of memory whatever the limit. Exact up to
// a limit of 10; above, a mark stands for several restarts, and the limit may be noticed up to a
// ninth of it late, never early.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "core/state.h"

namespace stayd::core {

struct RestartLimit {
  std::uint32_t most = 0;  ///< 0: no limit
  Duration interval{};
};

/// Counts one more restart at `now`. False, and it is not counted: with it there would be more than
/// the limit within the interval that ends now.
bool count_restart(RecentRestarts& recent, const RestartLimit& limit, Instant now);

}  // namespace stayd::core
