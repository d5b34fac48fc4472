// SPDX-License-Identifier: Apache-2.0
// Logs that cannot be written for another reason than a full disk, and what both cost; a log writer
// that stands still.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "app/logwriter/rig_test_support.h"
#include "os/error.h"

using namespace stayd;
using namespace stayd::app;

namespace {

/// RLIMIT_FSIZE of another process.
void set_file_size_limit(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  REQUIRE(::prlimit(pid, RLIMIT_FSIZE, nullptr, &limit) == 0);
  limit.rlim_cur = bytes;
  REQUIRE(::prlimit(pid, RLIMIT_FSIZE, &limit, nullptr) == 0);
}

/// Writes without waiting until it has all gone, while the log writer takes it.
void flood(const os::Fd& pipe, std::size_t bytes) {
  const std::string piece(64u << 10, 'x');
  for (std::size_t done = 0; done < bytes; done += piece.size()) write_to(pipe, piece);
}

}  // namespace

TEST_CASE("row 48: after an I/O error or with a spent quota nothing is lost with on-full = block") {
  for (const int number : {EIO, EDQUOT}) {
    CAPTURE(number);
    TestFolder folder;
    Rig rig(folder.path());
    rig.set_write_error(number);
    rig.start();
    auto out = rig.open({.settings = {.on_full = model::OnFull::block}});
    const std::string text = lines_of(500);
    write_to(out.write_end, text);
    const auto begins = rig.wait_trouble(true);
    REQUIRE(begins.has_value());
    CHECK(begins->instance == "web");
    CHECK(begins->text.find(os::error_text(number)) != std::string::npos);
    out.write_end.reset();  // a log writer that is forked would have it too
    rig.kill();
    rig.set_write_error(0);
    rig.start();
    REQUIRE(rig.wait_ended(out.number));
    CHECK((whole_log(folder.path() + "/web") == text));
  }
}

TEST_CASE("row 48: drop-oldest removes nothing because of an I/O error, and counts what it drops") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto first = rig.open({.settings = {.max_files = 100, .max_size = 64u << 10}});
  const std::string text = lines_of(5000);
  write_to(first.write_end, text);
  first.write_end.reset();
  REQUIRE(rig.wait_ended(first.number));
  rig.kill();
  rig.set_write_error(EIO);
  rig.start();
  auto second = rig.open({.run = 2, .settings = {.max_files = 100}});
  write_to(second.write_end, "gone\n");
  REQUIRE(rig.wait_trouble(true).has_value());
  CHECK((whole_log(folder.path() + "/web") == text));
}

TEST_CASE("row 48: a log that may not grow is written again, and told of once, when it may") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  REQUIRE(rig.next().has_value());  // Hello: it is past its setting up
  set_file_size_limit(rig.pid(), 0);
  auto out = rig.open({.settings = {.on_full = model::OnFull::drop_newest}});
  write_to(out.write_end, "lost\n");
  REQUIRE(rig.wait_trouble(true).has_value());
  set_file_size_limit(rig.pid(), RLIM_INFINITY);
  const auto ends = rig.wait_trouble(false);
  REQUIRE(ends.has_value());
  CHECK(ends->dropped == 5);
  write_to(out.write_end, "kept\n");
  out.write_end.reset();
  while (const auto message = rig.next()) {
    CHECK_FALSE(std::holds_alternative<journal::Trouble>(*message));
    if (std::holds_alternative<journal::Ended>(*message)) break;
  }
  CHECK(whole_log(folder.path() + "/web") == "kept\n");
}

TEST_CASE("row 48: standard output and error in trouble at once are told of once") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  REQUIRE(rig.next().has_value());
  set_file_size_limit(rig.pid(), 0);
  const journal::StreamSettings settings{.on_full = model::OnFull::drop_newest};
  auto out = rig.open({.settings = settings});
  auto err = rig.open({.kind = journal::StreamKind::stderr_only, .settings = settings});
  write_to(out.write_end, "lost\n");
  write_to(err.write_end, "too\n");
  err.write_end.reset();  // told after its bytes were looked at
  REQUIRE(rig.wait_trouble(true).has_value());
  REQUIRE(rig.wait_ended(err.number));
  set_file_size_limit(rig.pid(), RLIM_INFINITY);
  const auto ends = rig.wait_trouble(false);
  REQUIRE(ends.has_value());
  CHECK(ends->dropped == 9);
  out.write_end.reset();
  while (const auto message = rig.next()) {
    CHECK_FALSE(std::holds_alternative<journal::Trouble>(*message));
    if (std::holds_alternative<journal::Ended>(*message)) break;
  }
}

TEST_CASE("row 48: memory stays as it is however much is dropped") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.set_write_error(ENOSPC);
  rig.start();
  auto out = rig.open({.settings = {.on_full = model::OnFull::drop_newest}});
  flood(out.write_end, 4u << 20);
  const long before = anonymous_kib(rig.pid());
  flood(out.write_end, 200u << 20);
  const long after = anonymous_kib(rig.pid());
  REQUIRE(before > 0);
  if (!is_sanitized) CHECK(after - before < 128);  // a sanitizer keeps what was freed
}

TEST_CASE(
    "row 51: a stopped log writer holds a service up when its pipe is full, and loses nothing") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  REQUIRE(rig.next().has_value());  // Hello: it is past its setting up
  auto out = rig.open({});
  REQUIRE(::kill(rig.pid(), SIGSTOP) == 0);
  REQUIRE(::fcntl(out.write_end.number(), F_SETFL, O_NONBLOCK) == 0);
  const std::string text = lines_of(40000);
  const auto put = [&](std::string_view rest) {
    const ssize_t count = ::write(out.write_end.number(), rest.data(), rest.size());
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  };
  std::size_t done = 0;
  while (const std::size_t more = put(std::string_view(text).substr(done))) done += more;
  CHECK(done >= 32u << 10);
  CHECK(done < text.size());
  REQUIRE(::kill(rig.pid(), SIGCONT) == 0);
  REQUIRE(::fcntl(out.write_end.number(), F_SETFL, 0) == 0);
  write_to(out.write_end, std::string_view(text).substr(done));
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  CHECK((whole_log(folder.path() + "/web") == text));
}
