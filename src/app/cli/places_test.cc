// SPDX-License-Identifier: Apache-2.0
#include "app/cli/places.h"

#include <doctest/doctest.h>

namespace stayd::app {
namespace {

Surroundings user() {
  return {.uid = 1000,
          .home = "/home/ann",
          .runtime_home = "/run/user/1000",
          .state_home = "/home/ann/.local/state",
          .config_home = "/home/ann/.config"};
}

}  // namespace

TEST_CASE("a supervisor is called by its configuration's folder and path") {
  CHECK_EQ(title_of_config("/srv/shop/stayd.toml"), "shop");
  CHECK_EQ(title_of_config("/stayd.toml"), "root");
  // Fixed for ever: another hash would lose sight of what runs.
  CHECK_EQ(name_of_config("/srv/shop/stayd.toml"), "shop-b771fa");
  CHECK_NE(name_of_config("/srv/shop/stayd.toml"), name_of_config("/srv/shop/Procfile"));
}

TEST_CASE("a name is fit for folders and cgroups, whatever the folder is called") {
  CHECK(name_of_config("/srv/my shop/x").starts_with("my-shop-"));
  CHECK(name_of_config("/srv/.hidden/x").starts_with("_hidden-"));
  CHECK(name_of_config("/srv/\xc3\xa9tude/x").starts_with("_-tude-"));
  CHECK(name_of_config("/srv/caf\xc3\xa9/x").starts_with("caf---"));
  CHECK_EQ(name_of_config("/srv/" + std::string(200, 'a') + "/x").size(), 48 + 7);
}

TEST_CASE("an ordinary user's folders follow the XDG rules") {
  const auto places = places_of_name("shop-b771fa", "shop", user());
  REQUIRE(places);
  CHECK_EQ(places->title, "shop");
  CHECK_EQ(places->runtime_dir, "/run/user/1000/stayd/shop-b771fa");
  CHECK_EQ(places->state_dir, "/home/ann/.local/state/stayd/shop-b771fa");
  CHECK_EQ(places->log_dir, "/home/ann/.local/state/stayd/shop-b771fa/log");
  CHECK_EQ(control_socket_in(places->runtime_dir), "/run/user/1000/stayd/shop-b771fa/control");
}

TEST_CASE("without a runtime folder the state folder serves, without both it is an error") {
  auto around = user();
  around.runtime_home.clear();
  CHECK_EQ(places_of_name("x", "x", around)->runtime_dir, "/home/ann/.local/state/stayd/x/run");
  CHECK(runtime_root(around).empty());
  around.state_home.clear();
  const auto places = places_of_name("x", "x", around);
  REQUIRE_FALSE(places);
  CHECK(places.error().message.find("HOME") != std::string::npos);
}

TEST_CASE("root's folders are the system's") {
  const auto places = places_of_name("shop", "shop", surroundings_of_root());
  REQUIRE(places);
  CHECK_EQ(places->runtime_dir, "/run/stayd/shop");
  CHECK_EQ(places->state_dir, "/var/lib/stayd/shop");
  CHECK_EQ(places->log_dir, "/var/log/stayd/shop");
}

}  // namespace stayd::app
