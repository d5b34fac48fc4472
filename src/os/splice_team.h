// SPDX-License-Identifier: Apache-2.0
// Moving what waits in several pipes into their files, on two processors at once.
//
// To move a byte is to copy it, and a copy into the page cache keeps a processor busy. A second
// thread of ours takes half of the pieces. It runs nothing but the kernel's splice(2): no memory of
// ours, no errno, no lock is shared with it, so fork(2) and signals know nothing of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "os/fd.h"
#include "os/memory.h"
#include "os/splice.h"

namespace stayd::os {

/// A splice_to_file(), which says what its parts mean.
struct PieceToMove {
  FdView pipe;
  FdView file;
  std::uint64_t offset = 0;
  std::size_t most = 0;
  Transfer done;  ///< afterwards
};

class SpliceTeam {
 public:
  SpliceTeam();
  SpliceTeam(const SpliceTeam&) = delete;
  SpliceTeam& operator=(const SpliceTeam&) = delete;
  /// Ends the thread.
  ~SpliceTeam();

  static constexpr std::size_t most_pieces = 1024;
  /// Moves all of them, each once, and returns when all are done. Two pieces must not have a pipe
  /// or a file in common. The thread is started by the first call with more than one piece; where
  /// it cannot be, and where we may run on one processor only, the caller moves them all.
  void move(std::span<PieceToMove> pieces);

 private:
  struct Shared;
  void start();

  std::unique_ptr<Shared> shared_;
  bool may_start_ = true;
};

}  // namespace stayd::os
