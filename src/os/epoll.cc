// SPDX-License-Identifier: Apache-2.0
#include "os/epoll.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "os/error.h"

namespace stayd::os {

namespace {

static_assert(readable == EPOLLIN && writable == EPOLLOUT && failed == EPOLLERR &&
              hung_up == EPOLLHUP && urgent == EPOLLPRI && once == EPOLLONESHOT);

constexpr std::size_t most_events = 64;

Status control(FdView epoll, int operation, FdView fd, epoll_event event) {
  if (::epoll_ctl(epoll.number(), operation, fd.number(), &event) == 0) return {};
  return last_error("cannot watch descriptor " + std::to_string(fd.number()));
}

epoll_event event_of(std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return event;
}

/// Rounded up, so that a wait never ends before its deadline only to be begun again.
int milliseconds_of(Duration timeout) {
  if (timeout.ns < 0) return -1;
  constexpr std::int64_t millisecond = 1'000'000;
  const std::int64_t whole = timeout.ns / millisecond + (timeout.ns % millisecond != 0 ? 1 : 0);
  return static_cast<int>(std::min<std::int64_t>(whole, INT_MAX));
}

}  // namespace

Result<Epoll> Epoll::create() {
  Fd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd.valid()) return last_error("cannot create an epoll descriptor");
  return Epoll(std::move(fd));
}

Status Epoll::add(FdView fd, std::uint32_t events, std::uint64_t token) {
  return control(fd_.view(), EPOLL_CTL_ADD, fd, event_of(events, token));
}

Status Epoll::modify(FdView fd, std::uint32_t events, std::uint64_t token) {
  return control(fd_.view(), EPOLL_CTL_MOD, fd, event_of(events, token));
}

void Epoll::remove(FdView fd) {
  epoll_event unused{};
  ::epoll_ctl(fd_.number(), EPOLL_CTL_DEL, fd.number(), &unused);
}

Result<std::span<Ready>> Epoll::wait(std::span<Ready> into, Duration timeout) {
  std::array<epoll_event, most_events> events;
  const int most = static_cast<int>(std::min(into.size(), events.size()));
  const int count = ::epoll_wait(fd_.number(), events.data(), most, milliseconds_of(timeout));
  if (count < 0 && errno == EINTR) return into.first(0);
  if (count < 0) return last_error("cannot wait for events");
  const auto ready = into.first(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < ready.size(); ++i) {
    ready[i] = {.token = events[i].data.u64, .events = events[i].events};
  }
  return ready;
}

}  // namespace stayd::os
