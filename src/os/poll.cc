// SPDX-License-Identifier: Apache-2.0
#include "os/poll.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "base/check.h"
#include "os/epoll.h"
#include "os/error.h"

namespace stayd::os {

static_assert(readable == POLLIN && writable == POLLOUT && failed == POLLERR &&
              hung_up == POLLHUP && urgent == POLLPRI);

Status poll(std::span<Polled> watched, Duration timeout) {
  ENSURE(watched.size() <= most_polled);
  std::array<pollfd, most_polled> list{};
  for (std::size_t i = 0; i < watched.size(); ++i) {
    list[i] = {watched[i].fd.number(), static_cast<short>(watched[i].events), 0};
    watched[i].ready = 0;
  }
  const timespec span{timeout.ns / 1'000'000'000, timeout.ns % 1'000'000'000};
  const auto* limit = timeout.ns < 0 ? nullptr : &span;
  if (::ppoll(list.data(), watched.size(), limit, nullptr) < 0) {
    if (errno == EINTR) return {};
    return last_error("cannot wait for descriptors");
  }
  for (std::size_t i = 0; i < watched.size(); ++i) {
    watched[i].ready = static_cast<std::uint16_t>(list[i].revents);
  }
  return {};
}

Status wait_writable(FdView fd) {
  Polled one{fd, writable};
  while (one.ready == 0) TRY(poll({&one, 1}, Duration{-1}));
  return {};
}

}  // namespace stayd::os
