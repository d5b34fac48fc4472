// SPDX-License-Identifier: Apache-2.0
#include "os/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/pipe.h"
#include "os/process.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

TEST_CASE("what is written is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  REQUIRE(write_file(path, "first content", 0640).has_value());
  CHECK(status_of_path(path)->mode == (0640 & ~022));
  REQUIRE(write_file(path, "second", 0600).has_value());
  CHECK(*read_file(path, 100) == "second");
  CHECK(*read_file(path, 6) == "second");
  CHECK(read_file(path, 5).error().number == EFBIG);
  CHECK(read_file(folder / "none", 5).error().number == ENOENT);
}

TEST_CASE("only regular files are read whole, and nothing else holds us up") {
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(read_file(fifo, 100).error().number == EINVAL);
  CHECK(read_file("/dev/zero", 100).error().number == EINVAL);
  CHECK(read_file(folder.path(), 100).error().number == EISDIR);
  CHECK(read_file("/proc/self/stat", 4096)->size() > 10);  // its size is 0 to fstat
}

TEST_CASE("row 49: nothing below a folder is reached through a symlink, a FIFO or ..") {
  const TemporaryFolder folder;
  REQUIRE(write_file(folder / "outside", "secret", 0600).has_value());
  REQUIRE(make_folders(folder / "log/web", 0700).has_value());
  REQUIRE(::symlink((folder / "outside").c_str(), (folder / "log/link").c_str()) == 0);
  REQUIRE(::symlink(folder.path().c_str(), (folder / "log/way").c_str()) == 0);
  REQUIRE(::mkfifo((folder / "log/fifo").c_str(), 0600) == 0);
  const Fd log = *open_folder(folder / "log");
  const auto open = [&](const char* path) {
    return open_beneath(log.view(), path, OpenFor::read_write_create, 0600);
  };
  CHECK(open("link").error().number == ELOOP);
  CHECK(open("way/outside").error().number == ELOOP);
  CHECK(open("../outside").error().number == EXDEV);
  CHECK(open((folder / "outside").c_str()).error().number == EXDEV);
  CHECK(open("fifo").error().number == EINVAL);
  CHECK_FALSE(open("web").has_value());
  CHECK(open_folder_beneath(log.view(), "way").error().number == ELOOP);
  CHECK(open("web/file").has_value());
  CHECK(open_beneath(log.view(), "web/file", OpenFor::path_only, 0).has_value());
  CHECK(open_folder_beneath(log.view(), "web").has_value());
  CHECK(*read_file(folder / "outside", 10) == "secret");
}

TEST_CASE("folders are made with their parents and their exact mode") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(077);
  CHECK(make_folders(folder / "a/b//c/", 0711).has_value());
  ::umask(before);
  for (const char* path : {"a", "a/b", "a/b/c"}) CHECK(status_of_path(folder / path)->mode == 0711);
  CHECK(make_folders(folder / "a/b/c", 0700).has_value());
  CHECK(status_of_path(folder / "a/b/c")->mode == 0711);
  REQUIRE(write_file(folder / "file", "", 0600).has_value());
  CHECK(make_folders(folder / "file", 0700).error().number == ENOTDIR);
  CHECK(make_folders(folder / "file/below", 0700).error().number == ENOTDIR);
  CHECK(make_folders("", 0700).error().number == ENOENT);
}

TEST_CASE("removing what is not there is no error; a rename that cannot be is") {
  const TemporaryFolder folder;
  CHECK(remove_file(folder / "none").has_value());
  const Fd fd = *open_folder(folder.path());
  CHECK(remove_at(fd.view(), "none").has_value());
  CHECK(rename_at(fd.view(), "none", "other").error().number == ENOENT);
  REQUIRE(write_file(folder / "one", "", 0600).has_value());
  CHECK(rename_at(fd.view(), "one", "two").has_value());
  CHECK(list_folder(fd.view()) == std::vector<std::string>{"two"});
  CHECK(list_folder(fd.view()).size() == 1);  // a listing does not use up the next one
  CHECK(make_folder_at(fd.view(), "two", 0700).error().number == EEXIST);
}

TEST_CASE("an executable is a regular file with the right to run it") {
  const TemporaryFolder folder;
  REQUIRE(write_file(folder / "program", "", 0755).has_value());
  REQUIRE(write_file(folder / "text", "", 0644).has_value());
  CHECK(is_executable(folder / "program"));
  CHECK_FALSE(is_executable(folder / "text"));
  CHECK_FALSE(is_executable(folder.path()));
  CHECK_FALSE(is_executable(folder / "none"));
}

TEST_CASE("row 56: a lock is held once, by description, until its last copy is closed") {
  const TemporaryFolder folder;
  const auto open = [&] { return *open_file(folder / "lock", OpenFor::read_write_create, 0600); };
  Fd first = open();
  const Fd second = open();
  CHECK(try_lock(first.view())->held);
  CHECK(try_lock(first.view())->held);
  CHECK_FALSE(try_lock(second.view())->held);
  Fd copy = *duplicate(first.view());
  first.reset();
  CHECK_FALSE(try_lock(second.view())->held);
  copy.reset();
  CHECK(try_lock(second.view())->held);
  CHECK(try_lock(FdView(-1)).error().number == EBADF);
}

TEST_CASE("no descriptor is left when there are too few") {
  const TemporaryFolder folder;
  REQUIRE(write_file(folder / "file", "content", 0600).has_value());
  const Fd fd = *open_folder(folder.path());
  CHECK(fails_cleanly_without_descriptors([&] { return read_file(folder / "file", 100); }));
  CHECK(fails_cleanly_without_descriptors(
      [&] { return open_beneath(fd.view(), "file", OpenFor::read, 0); }));
  CHECK(fails_cleanly_without_descriptors([&] { return write_file(folder / "file", "x", 0600); }));
  CHECK(fails_cleanly_without_descriptors([] { return create_pipe(); }));
}

}  // namespace
}  // namespace stayd::os
