// SPDX-License-Identifier: Apache-2.0
#include "os/splice.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace stayd::os {

namespace {

template <typename Call>
Transfer transfer(Call call) {
  for (;;) {
    const ssize_t moved = call();
    if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved), .number = 0};
    if (errno != EINTR) return {.bytes = 0, .number = errno};
  }
}

}  // namespace

bool Transfer::would_block() const { return number == EAGAIN; }

Transfer splice_to_pipe(FdView from, FdView into, std::size_t most) {
  return transfer([=] {
    return ::splice(from.number(), nullptr, into.number(), nullptr, most,
                    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  });
}

Transfer splice_to_file(FdView pipe, FdView file, std::uint64_t offset, std::size_t most) {
  return transfer([=] {
    auto at = static_cast<off64_t>(offset);
    return ::splice(pipe.number(), nullptr, file.number(), &at, most,
                    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  });
}

Transfer tee_pipe(FdView from, FdView into, std::size_t most) {
  return transfer([=] { return ::tee(from.number(), into.number(), most, SPLICE_F_NONBLOCK); });
}

Transfer read_pipe(FdView pipe, std::span<char> into) {
  // A service may have made its pipe non-blocking or not (the flag is shared): ask first.
  pollfd look{.fd = pipe.number(), .events = POLLIN, .revents = 0};
  const Transfer ready = transfer([&look] { return static_cast<ssize_t>(::poll(&look, 1, 0)); });
  if (!ready.ok()) return ready;
  if (ready.bytes == 0) return {.bytes = 0, .number = EAGAIN};
  return transfer([=] { return ::read(pipe.number(), into.data(), into.size()); });
}

std::size_t bytes_in_pipe(FdView pipe) {
  int waiting = 0;
  if (::ioctl(pipe.number(), FIONREAD, &waiting) != 0 || waiting < 0) return 0;
  return static_cast<std::size_t>(waiting);
}

int set_pipe_capacity(FdView pipe, std::size_t bytes) {
  return ::fcntl(pipe.number(), F_SETPIPE_SZ, static_cast<int>(bytes)) < 0 ? errno : 0;
}

std::size_t pipe_capacity(FdView pipe) {
  const int size = ::fcntl(pipe.number(), F_GETPIPE_SZ);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

}  // namespace stayd::os
