// SPDX-License-Identifier: Apache-2.0
#include "os/fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "os/files.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

bool closes_on_exec(FdView fd) { return (::fcntl(fd.number(), F_GETFD) & FD_CLOEXEC) != 0; }

/// Exit code of a forked child that runs `body`: what changes the whole descriptor table happens
/// there.
template <typename Body>
int in_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("an Fd closes what it owns, once, and leaves errno alone") {
  const std::size_t before = open_descriptors();
  {
    Fd first(::open("/", O_PATH | O_CLOEXEC));
    Fd second = std::move(first);
    CHECK_FALSE(first.valid());
    first = std::move(second);
    CHECK(first.valid());
    CHECK(open_descriptors() == before + 1);
    errno = E2BIG;
    Fd closed_twice(first.number());
    first.reset();
    closed_twice.reset();  // EBADF inside
    CHECK(errno == E2BIG);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("copies are close-on-exec, where they were asked for") {
  const Fd fd(::open("/", O_PATH | O_CLOEXEC));
  const Fd high = *duplicate(fd.view(), 50);
  CHECK(high.number() >= 50);
  CHECK(closes_on_exec(high.view()));
  const Fd placed = *duplicate_at(fd.view(), 61);
  CHECK(placed.number() == 61);
  CHECK(closes_on_exec(placed.view()));
  CHECK(keep_over_exec(placed.view()).has_value());
  CHECK_FALSE(closes_on_exec(placed.view()));
  CHECK(close_on_exec(placed.view()).has_value());
  CHECK(closes_on_exec(placed.view()));
}

TEST_CASE("a descriptor that is not there is an error with its number") {
  CHECK(duplicate(FdView(-1)).error().number == EBADF);
  CHECK(duplicate_at(FdView(-1), 60).error().number == EBADF);
  CHECK(keep_over_exec(FdView(-1)).error().number == EBADF);
  CHECK(set_nonblocking(FdView(-1)).error().number == EBADF);
  CHECK_FALSE(is_open(-1));
}

TEST_CASE("row 40: closed standard streams are filled before anything else takes their numbers") {
  for (int closed = 0; closed < 8; ++closed) {  // a bit for each of 0, 1, 2
    CAPTURE(closed);
    CHECK(in_child([closed] {
            for (int number = 0; number <= 2; ++number) {
              if ((closed >> number & 1) != 0) ::close(number);
            }
            if (!fill_standard_streams()) return 1;
            for (int number = 0; number <= 2; ++number) {
              if (!is_open(number) || closes_on_exec(FdView(number))) return 2;
            }
            const Fd next(::open("/", O_PATH | O_CLOEXEC));
            return next.number() > 2 ? 0 : 3;
          }) == 0);
  }
}

TEST_CASE("an occupied range has no free number, and what was open in it stays") {
  CHECK(in_child([] {
          close_from(3);
          const Fd kept = *duplicate_at(FdView(0), 7);
          if (!occupy(3, 63)) return 1;
          for (int number = 3; number <= 63; ++number) {
            if (!is_open(number) || !closes_on_exec(FdView(number))) return 2;
          }
          const Fd next(::open("/", O_PATH | O_CLOEXEC));
          return next.number() == 64 ? 0 : 3;
        }) == 0);
}

TEST_CASE("a table that was enlarged has room for as many numbers, and none more is open") {
  CHECK(in_child([] {
          close_from(3);
          const auto size_of_table = [] {
            const std::string status = read_file("/proc/self/status", 8192).value_or("");
            const std::size_t at = status.find("FDSize:");
            return at == std::string::npos ? 0 : std::atoi(status.c_str() + at + 7);
          };
          const DescriptorLimit limit(3000);
          const int before = size_of_table();
          enlarge_table(2000);
          if (before >= 2000 || size_of_table() < 2000) return 1;
          enlarge_table(1'000'000);
          if (size_of_table() < 3000) return 2;
          for (int number = 3; number < 3000; ++number)
            if (is_open(number)) return 3;
          return 0;
        }) == 0);
}

TEST_CASE("row 36: occupying more than the limit allows is an error, not an endless loop") {
  CHECK(in_child([] {
          close_from(3);
          const DescriptorLimit limit(16);
          const Status occupied = occupy(3, 63);
          return !occupied && occupied.error().number == EMFILE ? 0 : 1;
        }) == 0);
}

TEST_CASE("row 41: closing from a number up leaves nothing above it") {
  CHECK(in_child([] {
          (void)duplicate_at(FdView(0), 9)->release();
          (void)duplicate_at(FdView(0), 1000)->release();
          close_from(3);
          return is_open(9) || is_open(1000) || !is_open(0) ? 1 : 0;
        }) == 0);
}

}  // namespace
}  // namespace stayd::os
