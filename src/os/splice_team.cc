// SPDX-License-Identifier: Apache-2.0
#include "os/splice_team.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

#include "os/fd.h"
#include "os/process.h"
#include "os/raw_call.h"

namespace stayd::os {

namespace {

constexpr std::size_t stack_size = 16384;
/// More than the log writer has with 1,000 services.
constexpr std::uint64_t table_of_many = 4096;
constexpr unsigned bits = 16;  // of an index and of a count

/// A round's number, how many pieces it has, and the next one that nobody has taken, in one word:
/// who comes late takes nothing of another round.
constexpr std::uint64_t word_of(std::uint32_t round, std::size_t count) {
  return std::uint64_t{round} << (2 * bits) | std::uint64_t{count} << bits;
}
constexpr std::size_t count_of(std::uint64_t word) { return word >> bits & 0xffff; }
constexpr std::size_t index_of(std::uint64_t word) { return word & 0xffff; }

void wait_while(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  raw_call(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}
void wake(std::atomic<std::uint32_t>& word) {
  raw_call(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void move_piece(PieceToMove& piece) {
  auto at = static_cast<std::int64_t>(piece.offset);
  long moved = 0;
  do {
    moved = raw_call(SYS_splice, piece.pipe.number(), nullptr, piece.file.number(), &at, piece.most,
                     SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  } while (moved == -EINTR);
  piece.done = moved < 0 ? Transfer{.bytes = 0, .number = static_cast<int>(-moved)}
                         : Transfer{.bytes = static_cast<std::size_t>(moved), .number = 0};
}

}  // namespace

struct SpliceTeam::Shared {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint32_t> round{0};  ///< that there is something to do; the thread waits for it
  std::atomic<std::uint32_t> finished{0};  ///< pieces of this round
  std::atomic<std::uint32_t> lives{0};     ///< cleared by the kernel at the thread's end
  std::atomic<bool> leaves{false};
  PieceToMove* pieces = nullptr;
  alignas(64) std::array<char, stack_size> stack;

  /// Takes pieces until none is left. Whether it took the last one that was finished.
  bool work() {
    bool last = false;
    for (;;) {
      const std::uint64_t taken = next.fetch_add(1);
      const std::size_t count = count_of(taken);
      if (index_of(taken) >= count) return last;
      move_piece(pieces[index_of(taken)]);
      last = finished.fetch_add(1) + 1 == count;
    }
  }

  static int run(void* self) {
    auto& shared = *static_cast<Shared*>(self);
    std::uint32_t seen = 0;
    while (!shared.leaves.load()) {
      const std::uint32_t now = shared.round.load();
      if (now == seen) {
        wait_while(shared.round, seen);
        continue;
      }
      seen = now;
      if (shared.work()) wake(shared.finished);
    }
    return 0;
  }
};

SpliceTeam::SpliceTeam() = default;

SpliceTeam::~SpliceTeam() {
  if (!shared_) return;
  shared_->leaves.store(true);
  shared_->round.fetch_add(1);
  wake(shared_->round);
  while (const std::uint32_t thread = shared_->lives.load()) wait_while(shared_->lives, thread);
}

void SpliceTeam::start() {
  may_start_ = false;
  if (processor_count() < 2) return;
  enlarge_table(table_of_many);
  shared_ = std::make_unique<Shared>();
  shared_->lives.store(1);
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  char* const top = shared_->stack.data() + stack_size;
  if (::clone(Shared::run, top, flags, shared_.get(), nullptr, nullptr, &shared_->lives) < 0) {
    shared_.reset();
  }
}

void SpliceTeam::move(std::span<PieceToMove> pieces) {
  if (pieces.size() > 1 && may_start_) start();
  if (!shared_ || pieces.size() < 2) {
    for (PieceToMove& piece : pieces) move_piece(piece);
    return;
  }
  shared_->pieces = pieces.data();
  shared_->finished.store(0);
  const std::uint32_t round = shared_->round.load() + 1;
  shared_->next.store(word_of(round, pieces.size()));
  shared_->round.store(round);
  wake(shared_->round);
  (void)shared_->work();
  for (;;) {
    const std::uint32_t finished = shared_->finished.load();
    if (finished == pieces.size()) return;
    wait_while(shared_->finished, finished);
  }
}

}  // namespace stayd::os
