// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lock.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <cerrno>

#include <cstdlib>
#include <string>

#include "os/files.h"

namespace stayd::app {
namespace {

struct Folder {
  std::string path;
  Folder() {
    char form[] = "/tmp/stayd-lock-XXXXXX";
    path = ::mkdtemp(form);
  }
  ~Folder() {
    for (const char* name : {"/run/shop/lock", "/lock"}) (void)os::remove_file(path + name);
    for (const char* name : {"/run/shop", "/run", ""}) (void)os::remove_folder(path + name);
  }
};

}  // namespace

TEST_CASE("one supervisor a folder; the second is told who is the first, and since when") {
  const Folder folder;
  const std::string runtime = folder.path + "/run/shop";
  auto first = take_lock(runtime, {});
  REQUIRE(first.has_value());
  name_holder(first->view(), 4120, WallTime{1'764'068'043'123'456'789});

  const auto second = take_lock(runtime, milliseconds(1));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().number == EBUSY);
  CHECK(second.error().message == "already running (pid 4120, since 2025-11-25T10:54:03Z)");

  first->reset();
  CHECK(take_lock(runtime, {}).has_value());
}

TEST_CASE("a holder that has not said who it is yet is a holder all the same") {
  const Folder folder;
  const auto first = take_lock(folder.path, {});
  const auto second = take_lock(folder.path, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "already running");
}

TEST_CASE("the runtime folder is made for us alone to write to") {
  const Folder folder;
  const std::string runtime = folder.path + "/run/shop";
  REQUIRE(make_runtime_folder(runtime).has_value());
  CHECK(os::status_of_path(runtime)->mode == 0711);
  CHECK(os::status_of_path(folder.path + "/run")->mode == 0755);
  CHECK(make_runtime_folder(runtime).has_value());
}

TEST_CASE("a folder that others can write to is refused") {
  const Folder folder;
  REQUIRE(os::make_folders(folder.path + "/run", 0777).has_value());
  const auto made = make_runtime_folder(folder.path + "/run");
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.find("chmod go-w") != std::string::npos);
}

}  // namespace stayd::app
