// SPDX-License-Identifier: Apache-2.0
// How much of a stream is kept: a bucket that fills by `rate` bytes a second up to `burst`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace stayd::journal {

class RateLimit {
 public:
  /// `burst` 0: what comes in a second.
  RateLimit(std::uint64_t rate, std::uint64_t burst, Instant now);

  /// How many bytes may be kept now.
  std::uint64_t allowance(Instant now);
  void spend(std::uint64_t bytes);
  /// While the bucket is empty all is dropped, and it is not opened again for single lines: only
  /// once a tenth of a second's worth may come.
  [[nodiscard]] bool is_dropping() const { return dropping_; }
  void begin_dropping() { dropping_ = true; }
  /// Whether dropping may end, at the next line.
  [[nodiscard]] bool may_end_dropping(Instant now);
  void end_dropping() { dropping_ = false; }

 private:
  std::uint64_t rate_, burst_;
  std::uint64_t inside_;
  Instant at_;
  bool dropping_ = false;
};

}  // namespace stayd::journal
