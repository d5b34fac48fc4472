// SPDX-License-Identifier: Apache-2.0
// A program between our standard output and the terminal, which it shares with us.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace stayd::os {

class Pager {
 public:
  /// Starts `arguments[0]` (found by $PATH) in our own process group, so that it may read keys, and
  /// makes its standard input our standard output. ^C and ^\ are its affair from then on; its end
  /// is EPIPE. ENOENT: there is no such program, and nothing has changed.
  static Result<Pager> start(char* const* arguments, char* const* environment);
  /// Ends our output and waits until the reader has read it.
  void finish();

 private:
  explicit Pager(std::int32_t pid) : pid_(pid) {}
  std::int32_t pid_;
};

}  // namespace stayd::os
