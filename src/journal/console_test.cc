// SPDX-License-Identifier: Apache-2.0
#include "journal/console.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string>

#include "os/pipe.h"
#include "os/test_support.h"

namespace stayd::journal {
namespace {

constexpr ConsoleSource web{.stream = 1, .name = "web"};
constexpr ConsoleSource db{.stream = 2, .name = "db"};
constexpr Duration quarter = milliseconds(250);

/// What is read until it is as long as `expected`, or nothing more comes.
std::string read_from(os::FdView fd, const std::string& expected) {
  constexpr int patience_ms = 20'000;
  std::string got;
  std::array<char, 4096> room{};
  pollfd polled{.fd = fd.number(), .events = POLLIN, .revents = 0};
  while (got.size() < expected.size() && ::poll(&polled, 1, patience_ms) == 1) {
    const ssize_t size = ::read(fd.number(), room.data(), room.size());
    if (size <= 0) break;
    got.append(room.data(), static_cast<std::size_t>(size));
  }
  return got;
}

/// A console whose output and error are one raw terminal.
struct OnTerminal {
  os::Terminal terminal = os::Terminal::open();
  Console console{raw(terminal), terminal.end.number()};
  Instant now = Instant{} + seconds(1);

  static int raw(const os::Terminal& terminal) {
    termios settings{};
    ::tcgetattr(terminal.end.number(), &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(terminal.end.number(), TCSANOW, &settings);
    return terminal.end.number();
  }
  void show(const ConsoleSource& source, std::string_view bytes) {
    console.show(source, bytes, now);
  }
  void pass(Duration time) {
    now = now + time;
    console.show_unfinished(now);
  }
  /// Whether this is what comes on the terminal next.
  [[nodiscard]] bool next(const std::string& expected) const {
    const std::string got = read_from(terminal.controller.view(), expected);
    CHECK(got == expected);
    return got == expected;
  }
};

std::string in_one_row(const std::string& text) { return "\x1b[?7l" + text + "\x1b[?7h"; }

}  // namespace

TEST_CASE("a console shows whole lines, each with its name") {
  OnTerminal it;
  it.console.configure({.name_width = 3});
  it.show(web, "one\ntw");
  it.show(db, "ready\n");
  it.show(web, "o\n");
  REQUIRE(it.next("web | one\ndb  | ready\nweb | two\n"));
}

TEST_CASE("a line without its end is shown after a quarter of a second, and broken for others") {
  OnTerminal it;
  it.show(web, "name? ");
  CHECK(it.console.deadline() == it.now + quarter);
  it.pass(quarter);
  REQUIRE(it.next("web | name? "));
  it.show(web, "joe\n");
  REQUIRE(it.next("joe\n"));
  it.show(web, "name? ");
  it.pass(quarter);
  it.show(db, "ready\n");
  REQUIRE(it.next("web | name? \ndb | ready\n"));
}

TEST_CASE("objects and plain lines begin a line of their own") {
  OnTerminal it;
  it.show(web, "name? ");
  it.pass(quarter);
  REQUIRE(it.next("web | name? "));
  it.console.show_whole(ConsoleSide::error, "{}\n");
  REQUIRE(it.next("\n{}\n"));
  it.show(web, "again? ");
  it.pass(quarter);
  REQUIRE(it.next("web | again? "));
  it.show({.stream = 3, .name = "cat", .plain = true}, "raw");
  REQUIRE(it.next("\nraw"));
}

TEST_CASE("on a terminal a progress bar is drawn in place, in its last state") {
  OnTerminal it;
  it.show(web, "\r 10%\r 20%");
  CHECK(it.console.deadline() == it.now + seconds(1));
  it.pass(seconds(1));
  REQUIRE(it.next("web | " + in_one_row(" 20%")));
  it.show(web, "\r 30%");
  it.now = it.now + milliseconds(100);
  it.show(web, "\r 40%");
  CHECK(it.console.deadline() == it.now + milliseconds(150));
  it.pass(milliseconds(150));
  REQUIRE(it.next("\rweb | \x1b[K" + in_one_row(" 40%")));
  it.show(web, "\r100%\n");
  REQUIRE(it.next("\rweb | \x1b[K100%\n"));
}

TEST_CASE("a progress bar that ends its states by carriage returns is drawn in place, too") {
  OnTerminal it;
  it.show(web, "10%\r");
  it.pass(quarter);
  REQUIRE(it.next("web | " + in_one_row("10%")));
  it.show(web, "20%\r");
  it.pass(quarter);
  REQUIRE(it.next("\rweb | \x1b[K" + in_one_row("20%")));
  it.show(web, "done\r\n");
  REQUIRE(it.next("\rweb | \x1b[Kdone\n"));
  it.show(web, "a line as DOS ends it\r");
  it.show(web, "\n");
  REQUIRE(it.next("web | a line as DOS ends it\n"));
}

TEST_CASE("a progress bar among the lines of others takes a line a second") {
  OnTerminal it;
  it.show(web, "\r10%");
  it.pass(seconds(1));
  it.show(db, "ready\n");
  REQUIRE(it.next("web | " + in_one_row("10%") + "\ndb | ready\n"));
  it.show(web, "\r20%");
  it.pass(quarter);
  CHECK(it.console.deadline() == it.now + milliseconds(750));
  it.pass(milliseconds(750));
  REQUIRE(it.next("web | " + in_one_row("20%")));
}

TEST_CASE("however long a progress bar runs, its states are no long line") {
  OnTerminal it;
  for (int i = 0; i < 1000; ++i) it.show(web, "\r" + std::string(100, 'a'));
  it.show(web, "\rdone\n");
  REQUIRE(it.next("web | done\n"));
}

TEST_CASE("into a pipe every state of a progress bar is shown") {
  auto pipe = os::create_pipe();
  REQUIRE(pipe.has_value());
  Console console(pipe->write_end.number(), pipe->write_end.number());
  const Instant now = Instant{} + seconds(1);
  console.show(web, "10%\r", now);
  console.show_unfinished(now + quarter);
  console.show(web, "20%\r\n", now + quarter);
  const std::string expected = "web | 10%\\r20%\n";
  CHECK(read_from(pipe->read_end.view(), expected) == expected);
}

}  // namespace stayd::journal
