// SPDX-License-Identifier: Apache-2.0
// Looking at bytes that wait in a pipe without taking them: tee(2) into a pipe of our own, and
// reading that. Made at the first need; always empty between two uses.
#pragma once

#include <cstddef>
#include <span>

#include "os/fd.h"
#include "os/splice.h"

namespace stayd::journal {

class ScratchPipe {
 public:
  /// Copies up to `most` bytes (not more than the pipe takes) of `pipe` for read().
  os::Transfer look(os::FdView pipe, std::size_t most);
  /// The next bytes of what look() copied; 0 bytes: all were read.
  os::Transfer read(std::span<char> into);
  /// Throws the rest away.
  void clear();

 private:
  int make();
  void drop_pipe();

  os::Fd read_end_, write_end_;
  std::size_t inside_ = 0;
};

/// How many of the first `most` bytes waiting in `pipe` stand before or at their last line end.
struct LineEnd {
  std::size_t seen = 0;   ///< bytes looked at
  std::size_t after = 0;  ///< bytes up to and with the last line end among them; 0: none
  int number = 0;         ///< errno of a failed look
};
LineEnd find_last_line_end(ScratchPipe& scratch, os::FdView pipe, std::size_t most);

}  // namespace stayd::journal
