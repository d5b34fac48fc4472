// SPDX-License-Identifier: Apache-2.0
#include "journal/rate_limit.h"

#include <algorithm>

namespace stayd::journal {

RateLimit::RateLimit(std::uint64_t rate, std::uint64_t burst, Instant now)
    : rate_(rate), burst_(burst != 0 ? burst : rate), inside_(burst_), at_(now) {}

std::uint64_t RateLimit::allowance(Instant now) {
  // Longer than this, and the bucket is full anyway; the product stays within 64 bits.
  constexpr std::int64_t longest = 1'000'000'000;
  const std::int64_t passed = std::clamp<std::int64_t>((now - at_).ns, 0, longest);
  const auto more =
      static_cast<std::uint64_t>(static_cast<double>(rate_) * (static_cast<double>(passed) / 1e9));
  if (more == 0) return inside_;
  inside_ = std::min(burst_, inside_ + more);
  at_ = now;
  return inside_;
}

void RateLimit::spend(std::uint64_t bytes) { inside_ -= std::min(inside_, bytes); }

bool RateLimit::may_end_dropping(Instant now) {
  return allowance(now) >= std::min(burst_, rate_ / 10 + 1);
}

}  // namespace stayd::journal
