// SPDX-License-Identifier: Apache-2.0
#include "os/pipe.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "os/splice.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

TEST_CASE("bytes come out of a pipe as they went in, then its end") {
  Pipe pipe = *create_pipe();
  CHECK(*write_some(pipe.write_end.view(), "hello") == 5);
  CHECK(bytes_in_pipe(pipe.read_end.view()) == 5);
  std::array<char, 16> buffer;
  CHECK(*read_some(pipe.read_end.view(), buffer) == 5);
  CHECK(std::string_view(buffer.data(), 5) == "hello");
  pipe.write_end.reset();
  CHECK(*read_some(pipe.read_end.view(), buffer) == 0);
}

TEST_CASE("an empty or full non-blocking pipe says EAGAIN") {
  const Pipe pipe = *create_pipe();
  REQUIRE(set_nonblocking(pipe.read_end.view()).has_value());
  REQUIRE(set_nonblocking(pipe.write_end.view()).has_value());
  std::array<char, 16> buffer;
  CHECK(read_some(pipe.read_end.view(), buffer).error().number == EAGAIN);
  const std::string much(pipe_capacity(pipe.write_end.view()), 'x');
  CHECK(*write_some(pipe.write_end.view(), much) == much.size());
  CHECK(write_some(pipe.write_end.view(), "x").error().number == EAGAIN);
}

TEST_CASE("read_pipe does not wait on a blocking pipe") {
  Pipe pipe = *create_pipe();
  std::array<char, 16> buffer;
  CHECK(read_pipe(pipe.read_end.view(), buffer).would_block());
  REQUIRE(write_all(pipe.write_end.view(), "abc").has_value());
  CHECK(read_pipe(pipe.read_end.view(), buffer).bytes == 3);
  pipe.write_end.reset();
  CHECK(read_pipe(pipe.read_end.view(), buffer).at_end());
}

TEST_CASE("splice moves and tee copies, both without waiting") {
  const Pipe from = *create_pipe();
  const Pipe into = *create_pipe();
  const FdView source = from.read_end.view();
  const FdView target = into.write_end.view();
  CHECK(splice_to_pipe(source, target, 100).would_block());
  CHECK(tee_pipe(source, target, 100).would_block());
  REQUIRE(write_all(from.write_end.view(), "hello").has_value());
  CHECK(tee_pipe(source, target, 100).bytes == 5);
  CHECK(bytes_in_pipe(source) == 5);
  CHECK(splice_to_pipe(source, target, 3).bytes == 3);
  CHECK(bytes_in_pipe(source) == 2);
  CHECK(bytes_in_pipe(into.read_end.view()) == 8);
}

TEST_CASE("splice puts bytes where the file was asked for them") {
  const TemporaryFolder folder;
  const Pipe pipe = *create_pipe();
  REQUIRE(write_all(pipe.write_end.view(), "hello").has_value());
  const Fd file = *open_file(folder / "file", OpenFor::read_write_create);
  CHECK(splice_to_file(pipe.read_end.view(), file.view(), 3, 100).bytes == 5);
  CHECK(*read_file(folder / "file", 100) == std::string("\0\0\0hello", 8));
  const Fd appending = *open_file(folder / "file", OpenFor::append_create);
  REQUIRE(write_all(pipe.write_end.view(), "more").has_value());
  CHECK(splice_to_file(pipe.read_end.view(), appending.view(), 0, 100).number == EINVAL);
  CHECK(bytes_in_pipe(pipe.read_end.view()) == 4);
}

TEST_CASE("a pipe that nobody reads is an error, once SIGPIPE is ignored as in all of ours") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe = *create_pipe();
  pipe.read_end.reset();
  CHECK(write_all(pipe.write_end.view(), "x").error().number == EPIPE);
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace stayd::os
