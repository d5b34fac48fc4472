// SPDX-License-Identifier: Apache-2.0
#include "os/console.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "os/retry.h"

namespace stayd::os {

namespace {

// A terminal that polls as writable takes this much without waiting; a pipe takes PIPE_BUF (4096).
constexpr std::size_t most_at_once = 256;

Fd open_again(int number) {
  const std::string path = "/proc/self/fd/" + std::to_string(number);
  return Fd(
      retry([&] { return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
}

Transfer transferred(ssize_t put) {
  if (put < 0) return {.bytes = 0, .number = errno};
  return {.bytes = static_cast<std::size_t>(put), .number = 0};
}

Transfer put(FdView fd, std::string_view bytes) {
  return transferred(retry([&] { return ::write(fd.number(), bytes.data(), bytes.size()); }));
}

Transfer put_polled(FdView fd, std::string_view bytes) {
  pollfd look{.fd = fd.number(), .events = POLLOUT, .revents = 0};
  const int ready = retry([&] { return ::poll(&look, 1, 0); });
  if (ready < 0) return {.bytes = 0, .number = errno};
  if (ready == 0) return {.bytes = 0, .number = EAGAIN};
  return put(fd, bytes.substr(0, most_at_once));
}

}  // namespace

ConsoleDevice ConsoleDevice::open(int number) {
  const FdView shared(number);
  struct stat status{};
  if (::fstat(number, &status) == 0) {
    if (S_ISREG(status.st_mode)) return {Kind::file, shared, {}};
    if (S_ISSOCK(status.st_mode)) return {Kind::socket, shared, {}};
    if (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode)) {
      if (Fd own = open_again(number); own.valid()) return {Kind::own, shared, std::move(own)};
    }
  }
  return {Kind::polled, shared, {}};
}

Transfer ConsoleDevice::write_piece(std::string_view bytes) const {
  switch (kind_) {
    case Kind::own: return put(own_.view(), bytes);
    case Kind::file: return put(shared_, bytes);
    case Kind::polled: return put_polled(shared_, bytes);
    case Kind::socket: break;
  }
  return transferred(retry([&] {
    return ::send(shared_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }));
}

Transfer ConsoleDevice::write(std::string_view bytes) {
  Transfer all;
  while (!bytes.empty()) {
    const Transfer one = write_piece(bytes);
    if (one.bytes == 0) return all.bytes > 0 ? all : one;
    all.bytes += one.bytes;
    bytes.remove_prefix(one.bytes);
  }
  return all;
}

}  // namespace stayd::os
