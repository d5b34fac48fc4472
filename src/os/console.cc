// SPDX-License-Identifier: Apache-2.0
#include "os/console.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "os/retry.h"

namespace stayd::os {

namespace {

// A terminal that polls as writable takes this much without waiting; a pipe takes PIPE_BUF (4096).
constexpr std::size_t most_at_once = 256;

Fd open_again(int number) {
  struct stat status{};
  if (::fstat(number, &status) != 0) return {};
  if (!S_ISCHR(status.st_mode) && !S_ISFIFO(status.st_mode)) return {};
  const std::string path = "/proc/self/fd/" + std::to_string(number);
  return Fd(
      retry([&] { return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
}

Transfer write_piece(FdView fd, std::string_view piece) {
  // A socket can be asked not to wait call by call.
  ssize_t put = retry(
      [&] { return ::send(fd.number(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
  if (put < 0 && errno == ENOTSOCK) {
    pollfd look{.fd = fd.number(), .events = POLLOUT, .revents = 0};
    const int ready = retry([&] { return ::poll(&look, 1, 0); });
    if (ready < 0) return {.bytes = 0, .number = errno};
    if (ready == 0) return {.bytes = 0, .number = EAGAIN};
    put = retry([&] { return ::write(fd.number(), piece.data(), piece.size()); });
  }
  if (put < 0) return {.bytes = 0, .number = errno};
  return {.bytes = static_cast<std::size_t>(put), .number = 0};
}

}  // namespace

ConsoleDevice ConsoleDevice::open(int number) {
  return ConsoleDevice(FdView(number), open_again(number));
}

Transfer ConsoleDevice::write(std::string_view bytes) {
  Transfer all;
  while (!bytes.empty()) {
    Transfer one;
    if (own_.valid()) {
      const ssize_t put = retry([&] { return ::write(own_.number(), bytes.data(), bytes.size()); });
      one = {.bytes = static_cast<std::size_t>(std::max<ssize_t>(put, 0)),
             .number = put < 0 ? errno : 0};
    } else {
      one = write_piece(shared_, bytes.substr(0, most_at_once));
    }
    if (one.bytes == 0) return all.bytes > 0 ? all : one;
    all.bytes += one.bytes;
    bytes.remove_prefix(one.bytes);
  }
  return all;
}

}  // namespace stayd::os
