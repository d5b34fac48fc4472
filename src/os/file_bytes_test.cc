// SPDX-License-Identifier: Apache-2.0
#include "os/file_bytes.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "os/test_support.h"

namespace stayd::os {
namespace {

TEST_CASE("bytes are written and read at offsets, short only at the end of the file") {
  const TemporaryFolder folder;
  const Fd file = *open_file(folder / "file", OpenFor::read_write_create);
  CHECK(write_at(file.view(), 4, "efgh").bytes == 4);
  CHECK(write_at(file.view(), 0, "abcd").bytes == 4);
  std::array<char, 16> buffer;
  CHECK(read_at(file.view(), 2, buffer).bytes == 6);
  CHECK(std::string_view(buffer.data(), 6) == "cdefgh");
  CHECK(read_at(file.view(), 8, buffer).at_end());
  CHECK(read_at(FdView(-1), 0, buffer).number == EBADF);
}

TEST_CASE("reserved blocks do not change the size, and a cut frees what lies beyond") {
  const TemporaryFolder folder;
  const Fd file = *open_file(folder / "file", OpenFor::read_write_create);
  const int reserved = reserve_blocks(file.view(), 0, 1 << 20);
  CHECK((reserved == 0 || reserved == EOPNOTSUPP));
  CHECK(status_of(file.view())->size == 0);
  CHECK(write_at(file.view(), 0, "abcdef").ok());
  CHECK(set_file_size(file.view(), 3) == 0);
  CHECK(*read_file(folder / "file", 10) == "abc");
}

TEST_CASE("row 48: a file that may not grow takes what fits, then says why not more") {
  const auto before_signal = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const TemporaryFolder folder;
  const Fd file = *open_file(folder / "file", OpenFor::read_write_create);
  const rlimit small{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Transfer put = write_at(file.view(), 0, std::string(150, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, before_signal);
  CHECK(put.bytes == 100);
  CHECK(put.number == EFBIG);
}

}  // namespace
}  // namespace stayd::os
