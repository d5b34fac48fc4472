// SPDX-License-Identifier: Apache-2.0
// One owner for each descriptor; borrowed ones are FdView.
#pragma once

#include <utility>

#include "base/result.h"

namespace stayd::os {

/// A descriptor that somebody else owns.
class FdView {
 public:
  constexpr FdView() = default;
  constexpr explicit FdView(int number) : number_(number) {}
  [[nodiscard]] constexpr int number() const { return number_; }
  [[nodiscard]] constexpr bool valid() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Owns a descriptor and closes it. Every descriptor is close-on-exec from birth.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  void reset();
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  [[nodiscard]] FdView view() const { return FdView(number_); }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool valid() const { return number_ >= 0; }
  explicit operator bool() const { return valid(); }

 private:
  int number_ = -1;
};

/// A close-on-exec copy at the lowest free number not below `least` (F_DUPFD_CLOEXEC).
Result<Fd> duplicate(FdView fd, int least = 3);
/// A close-on-exec copy at exactly `number`, replacing what is there (dup3).
Result<Fd> duplicate_at(FdView fd, int number);
/// Sets or clears close-on-exec.
Status keep_over_exec(FdView fd);
Status close_on_exec(FdView fd);
Status set_nonblocking(FdView fd);
/// Whether `number` is an open descriptor.
bool is_open(int number);
/// Opens /dev/null on each of 0, 1, 2 that is closed: the first thing a process of ours does.
Status fill_standard_streams();
/// Puts close-on-exec placeholders on every free number in [first, last].
Status occupy(int first, int last);
/// Makes room in the table for numbers below `count`, or all that RLIMIT_NOFILE allows; 8 bytes a
/// number of the kernel's memory. To be called before the table is shared with a thread, or a child
/// that has not executed yet: one that grows then makes the kernel wait for a grace period of RCU
/// (expand_fdtable in its fs/file.c), which was seen to take 5 to 20 ms.
void enlarge_table(std::uint64_t count);
/// Closes everything from `first` up (close_range(2), or a walk of /proc/self/fd where refused).
void close_from(int first);

}  // namespace stayd::os
