// SPDX-License-Identifier: Apache-2.0
// The clocks, and one timer on them.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

/// CLOCK_BOOTTIME.
Instant now();
/// CLOCK_REALTIME: to be shown, never to decide on.
WallTime wall_now();
/// 64 bits from getrandom(2) (the clocks, should it be refused): a seed, not a secret.
std::uint64_t random_seed();
/// Sleeps for `span`, as exactly as the kernel can: an ordinary sleep may be 50 us longer (the
/// timer slack, PR_SET_TIMERSLACK).
void nap(Duration span);

/// timerfd_create(2) on CLOCK_BOOTTIME.
class Timer {
 public:
  static Result<Timer> create();
  /// Becomes readable at `at`, once; Instant::never() disarms. No system call if nothing changed.
  Status arm(Instant at);
  /// Takes the expiry, so that the descriptor is no longer readable.
  void drain();
  [[nodiscard]] FdView fd() const { return fd_.view(); }

 private:
  explicit Timer(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  Instant armed_ = Instant::never();
};

}  // namespace stayd::os
