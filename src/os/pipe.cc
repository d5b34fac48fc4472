// SPDX-License-Identifier: Apache-2.0
#include "os/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"
#include "os/retry.h"

namespace stayd::os {

Result<Pipe> create_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return last_error("cannot create a pipe");
  return Pipe{.read_end = Fd(ends[0]), .write_end = Fd(ends[1])};
}

Result<std::size_t> read_some(FdView fd, std::span<char> into) {
  const ssize_t got = retry([&] { return ::read(fd.number(), into.data(), into.size()); });
  if (got < 0) return last_error("cannot read");
  return static_cast<std::size_t>(got);
}

Result<std::size_t> write_some(FdView fd, std::string_view bytes) {
  const ssize_t put = retry([&] { return ::write(fd.number(), bytes.data(), bytes.size()); });
  if (put < 0) return last_error("cannot write");
  return static_cast<std::size_t>(put);
}

Status write_all(FdView fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = write_some(fd, bytes);
    if (put) {
      bytes.remove_prefix(*put);
    } else if (put.error().number == EAGAIN) {
      pollfd look{.fd = fd.number(), .events = POLLOUT, .revents = 0};
      if (retry([&] { return ::poll(&look, 1, -1); }) < 0) return last_error("cannot wait");
    } else {
      return std::unexpected(put.error());
    }
  }
  return {};
}

}  // namespace stayd::os
