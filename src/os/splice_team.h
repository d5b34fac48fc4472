// SPDX-License-Identifier: Apache-2.0
// Moving what waits in several pipes into their files, on two processors at once.
//
// To move a byte is to copy it, and a copy into the page cache keeps a processor busy. A second
// thread of ours takes pieces, too. It runs nothing but the kernel's splice(2): no memory of ours,
// no errno, no lock is shared with it, so fork(2) and signals know nothing of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

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
  Transfer done;  ///< once it is_moved()
  std::uint32_t moved = 0;
  [[nodiscard]] bool is_moved() { return std::atomic_ref(moved).load() != 0; }
};

class SpliceTeam {
 public:
  SpliceTeam();
  SpliceTeam(const SpliceTeam&) = delete;
  SpliceTeam& operator=(const SpliceTeam&) = delete;
  /// Ends the thread.
  ~SpliceTeam();

  static constexpr std::size_t most_pieces = 64;  ///< under way at once
  /// One more piece, for the other thread or for move_next(), whoever comes first. It stays where
  /// it is until it is_moved(), and has no pipe and no file in common with others under way. The
  /// thread is started when a second one is under way; where it cannot be, and where we may run on
  /// one processor only, the caller moves them all.
  void give(PieceToMove& piece);
  /// The caller moves one that nobody has taken; false: there is none.
  bool move_next();
  /// Until the other thread has moved one more, or everything is moved.
  void wait();

 private:
  struct Shared;
  void start();

  std::unique_ptr<Shared> shared_;
  bool may_start_ = true;
};

}  // namespace stayd::os
