// SPDX-License-Identifier: Apache-2.0
// epoll(7), level-triggered. A token says whose descriptor it is; tokens hold a generation, since a
// closed descriptor whose copy lives elsewhere still reports (experiments: pidfd facts).
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

inline constexpr std::uint32_t readable = 0x001;  // EPOLLIN
inline constexpr std::uint32_t writable = 0x004;  // EPOLLOUT
inline constexpr std::uint32_t failed = 0x008;    // EPOLLERR, always reported
inline constexpr std::uint32_t hung_up = 0x010;   // EPOLLHUP, always reported
inline constexpr std::uint32_t urgent = 0x002;    // EPOLLPRI: cgroup.events, PSI
/// EPOLLONESHOT: reported once, and not again before modify().
inline constexpr std::uint32_t once = 1U << 30;

struct Ready {
  std::uint64_t token = 0;
  std::uint32_t events = 0;
};

class Epoll {
 public:
  static Result<Epoll> create();
  Status add(FdView fd, std::uint32_t events, std::uint64_t token);
  Status modify(FdView fd, std::uint32_t events, std::uint64_t token);
  /// Must precede the close of a registered descriptor.
  void remove(FdView fd);
  /// Waits for at least one; returns the filled part of `into`. EINTR gives an empty span.
  /// `timeout` below zero: for ever. At most 64 at a time.
  Result<std::span<Ready>> wait(std::span<Ready> into, Duration timeout);
  [[nodiscard]] FdView fd() const { return fd_.view(); }

 private:
  explicit Epoll(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace stayd::os
