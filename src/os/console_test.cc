// SPDX-License-Identifier: Apache-2.0
#include "os/console.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "os/pipe.h"
#include "os/socket.h"
#include "os/splice.h"
#include "os/terminal_size.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

bool is_nonblocking(FdView fd) { return (::fcntl(fd.number(), F_GETFL) & O_NONBLOCK) != 0; }

/// Writes until it takes no more; how much that was. Bounded, so that a device that takes anything
/// fails the test instead of hanging it.
std::size_t fill(ConsoleDevice& device) {
  const std::string line(1000, 'x');
  std::size_t sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Transfer put = device.write(line);
    sum += put.bytes;
    if (!put.ok()) {
      CHECK(put.would_block());
      return sum;
    }
  }
  return 0;
}

TEST_CASE("a pipe that nobody reads never holds us, and its flags stay as they were") {
  const Pipe pipe = *create_pipe();
  ConsoleDevice device = ConsoleDevice::open(pipe.write_end.number());
  CHECK(device.write("hello\n").bytes == 6);
  CHECK(fill(device) > 1000);
  CHECK_FALSE(is_nonblocking(pipe.write_end.view()));
  CHECK(bytes_in_pipe(pipe.read_end.view()) > 4096);
}

TEST_CASE("a stopped terminal never holds us, and its flags stay as they were") {
  const Terminal terminal = Terminal::open();
  REQUIRE(terminal.end.valid());
  ConsoleDevice device = ConsoleDevice::open(terminal.end.number());
  CHECK(device.write("hello").bytes == 5);
  ::tcflow(terminal.end.number(), TCOOFF);
  fill(device);
  CHECK_FALSE(is_nonblocking(terminal.end.view()));
  CHECK(is_terminal(terminal.end.view()));
}

TEST_CASE("a socket that nobody reads never holds us") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  ConsoleDevice device = ConsoleDevice::open(ours.number());
  CHECK(fill(device) > 1000);
  CHECK_FALSE(is_nonblocking(ours.view()));
}

TEST_CASE("a file is written after what others wrote through the same descriptor") {
  const TemporaryFolder folder;
  const Fd file = *open_file(folder / "out", OpenFor::write_create);
  REQUIRE(write_all(file.view(), "first\n").has_value());
  ConsoleDevice device = ConsoleDevice::open(file.number());
  const std::string much(5'000, 'y');
  CHECK(device.write(much).bytes == much.size());
  CHECK(*read_file(folder / "out", 10'000) == "first\n" + much);
}

TEST_CASE("a device that is gone or closed says so") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe = *create_pipe();
  ConsoleDevice unread = ConsoleDevice::open(pipe.write_end.number());
  pipe.read_end.reset();
  CHECK(unread.write("x").number == EPIPE);
  std::signal(SIGPIPE, before);

  Terminal terminal = Terminal::open();
  ConsoleDevice hung_up = ConsoleDevice::open(terminal.end.number());
  terminal.controller.reset();
  CHECK(hung_up.write("x").number == EIO);

  ConsoleDevice closed = ConsoleDevice::open(999);
  CHECK(closed.write("x").number == EBADF);
}

TEST_CASE("a terminal has columns, other things have none") {
  const Terminal terminal = Terminal::open();
  const winsize size{.ws_row = 20, .ws_col = 123, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(::ioctl(terminal.end.number(), TIOCSWINSZ, &size) == 0);
  CHECK(terminal_columns(terminal.end.view()) == 123);
  CHECK(terminal_columns(create_pipe()->read_end.view()) == 0);
}

}  // namespace
}  // namespace stayd::os
