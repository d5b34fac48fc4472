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

/// Counts of pieces, which go round: the n-th one is at n % most_pieces.
struct SpliceTeam::Shared {
  std::array<PieceToMove*, most_pieces> pieces{};
  std::atomic<std::uint32_t> given{0};
  std::atomic<std::uint32_t> taken{0};
  std::atomic<std::uint32_t> moved{0};
  std::atomic<bool> sleeps{false};      ///< the other thread, until something is given
  std::atomic<bool> is_awaited{false};  ///< by the caller, until something is moved
  std::atomic<std::uint32_t> lives{0};  ///< cleared by the kernel at the thread's end
  std::atomic<bool> leaves{false};
  alignas(64) std::array<char, stack_size> stack;

  bool move_next() {
    std::uint32_t next = taken.load();
    do {
      if (next == given.load() || leaves.load()) return false;
    } while (!taken.compare_exchange_weak(next, next + 1));
    PieceToMove& piece = *pieces[next % most_pieces];
    move_piece(piece);
    std::atomic_ref(piece.moved).store(1);
    moved.fetch_add(1);
    return true;
  }

  static int run(void* self) {
    auto& shared = *static_cast<Shared*>(self);
    while (!shared.leaves.load()) {
      if (shared.move_next()) {
        if (shared.is_awaited.load()) wake(shared.moved);
        continue;
      }
      const std::uint32_t given = shared.given.load();
      if (given != shared.taken.load()) continue;
      shared.sleeps.store(true);
      wait_while(shared.given, given);
      shared.sleeps.store(false);
    }
    return 0;
  }
};

SpliceTeam::SpliceTeam() = default;

SpliceTeam::~SpliceTeam() {
  if (!shared_ || shared_->lives.load() == 0) return;
  shared_->leaves.store(true);
  shared_->given.fetch_add(1);
  wake(shared_->given);
  while (const std::uint32_t thread = shared_->lives.load()) wait_while(shared_->lives, thread);
}

void SpliceTeam::start() {
  may_start_ = false;
  if (processor_count() < 2) return;
  enlarge_table(table_of_many);
  shared_->lives.store(1);
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  char* const top = shared_->stack.data() + stack_size;
  if (::clone(Shared::run, top, flags, shared_.get(), nullptr, nullptr, &shared_->lives) < 0) {
    shared_->lives.store(0);
  }
}

void SpliceTeam::give(PieceToMove& piece) {
  if (!shared_) shared_ = std::make_unique_for_overwrite<Shared>();
  piece.moved = 0;
  const std::uint32_t given = shared_->given.load();
  shared_->pieces[given % most_pieces] = &piece;
  shared_->given.store(given + 1);
  if (given == shared_->moved.load()) return;  // the only one: the caller's
  if (may_start_) start();
  if (shared_->sleeps.load()) wake(shared_->given);
}

bool SpliceTeam::move_next() { return shared_ && shared_->move_next(); }

void SpliceTeam::wait() {
  if (!shared_) return;
  shared_->is_awaited.store(true);
  const std::uint32_t moved = shared_->moved.load();
  if (moved != shared_->given.load()) wait_while(shared_->moved, moved);
  shared_->is_awaited.store(false);
}

}  // namespace stayd::os
