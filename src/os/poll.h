// SPDX-License-Identifier: Apache-2.0
// poll(2), for processes that wait on a few descriptors: the events are those of os/epoll.h.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

/// `ready` is filled in. An invalid descriptor is passed over.
struct Polled {
  FdView fd;
  std::uint32_t events = 0;
  std::uint32_t ready = 0;
};
inline constexpr std::size_t most_polled = 8;

/// Waits until one is ready or `timeout` has passed (below zero: never); an interruption by a
/// signal (EINTR) ends the wait too, with nothing ready. Allocates nothing unless it fails.
Status poll(std::span<Polled> watched, Duration timeout);

/// Until `fd` takes bytes, or never will.
Status wait_writable(FdView fd);

}  // namespace stayd::os
