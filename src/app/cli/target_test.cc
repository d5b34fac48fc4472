// SPDX-License-Identifier: Apache-2.0
#include "app/cli/target.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "os/files.h"
#include "os/process.h"
#include "os/socket.h"

namespace stayd::app {
namespace {

namespace fs = std::filesystem;

/// A user's and root's folders, all below one of our own that is removed at the end.
class World {
 public:
  World() {
    static int count = 0;
    root_ = fs::temp_directory_path() /
            ("stayd-target-" + std::to_string(os::own_pid()) + "-" + std::to_string(++count));
    fs::create_directories(root_ / "srv/shop/src/deep");
    wish.folder = root_ / "srv/shop";
    wish.around = surroundings("user", 1000);
    wish.root = surroundings("root", 0);
  }
  ~World() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string write(const std::string& path) {
    fs::create_directories((root_ / path).parent_path());
    REQUIRE(os::write_file(root_ / path, "", 0644));
    return root_ / path;
  }
  /// Something listens for this supervisor.
  std::string serve(const Surroundings& around, const std::string& name) {
    const auto places = places_of_name(name, name, around);
    fs::create_directories(places->runtime_dir);
    const auto socket = control_socket_in(places->runtime_dir);
    listeners_.push_back(os::listen_unix(socket, 0600, 1).value());
    return socket;
  }
  /// Its keeper is killed: what it has made is left.
  void kill_last() { listeners_.pop_back(); }
  [[nodiscard]] std::string path(const std::string& below) const { return root_ / below; }

  Wish wish;

 private:
  [[nodiscard]] Surroundings surroundings(const char* whose, std::uint32_t uid) const {
    const fs::path home = root_ / whose;
    return {.uid = uid,
            .home = home,
            .runtime_home = home / "run",
            .state_home = home / "state",
            .config_home = home / "config"};
  }
  fs::path root_;
  std::vector<os::Fd> listeners_;
};

}  // namespace

TEST_CASE("the configuration of this folder or a parent chooses, stayd.toml before Procfile") {
  World world;
  const auto procfile = world.write("srv/shop/Procfile");
  world.wish.folder = world.path("srv/shop/src/deep");
  CHECK_EQ(find_target(world.wish)->config, procfile);
  const auto toml = world.write("srv/shop/stayd.toml");
  CHECK_EQ(find_target(world.wish)->config, toml);
  CHECK_EQ(find_target(world.wish)->title, "shop");
  const auto nearer = world.write("srv/shop/src/Procfile");
  CHECK_EQ(find_target(world.wish)->config, nearer);
}

TEST_CASE("without one it is the user's, then root's") {
  World world;
  const auto roots = world.write("root/config/stayd/stayd.toml");
  CHECK_EQ(find_target(world.wish)->config, roots);
  CHECK(find_target(world.wish)->socket.starts_with(world.path("root/run/stayd/")));
  const auto users = world.write("user/config/stayd/stayd.toml");
  CHECK_EQ(find_target(world.wish)->config, users);
}

TEST_CASE("root's supervisor of a file is found where ours does not run") {
  World world;
  const auto file = world.write("srv/shop/stayd.toml");
  const auto name = name_of_config(file);
  CHECK(find_target(world.wish)->socket.starts_with(world.path("user/run/")));
  const auto of_root = world.serve(world.wish.root, name);
  CHECK_EQ(find_target(world.wish)->socket, of_root);
  const auto ours = world.serve(world.wish.around, name);
  CHECK_EQ(find_target(world.wish)->socket, ours);
}

TEST_CASE("-f and --name come before STAYD_SOCKET, which comes before the folder") {
  World world;
  const auto file = world.write("srv/shop/stayd.toml");
  world.wish.socket = "/elsewhere/control";
  CHECK_EQ(find_target(world.wish)->socket, "/elsewhere/control");
  world.wish.file = file;
  CHECK_EQ(find_target(world.wish)->config, file);
  world.wish.file.reset();
  const auto socket = world.serve(world.wish.around, "sleepy");
  world.wish.name = "sleepy";
  CHECK_EQ(find_target(world.wish)->socket, socket);
}

TEST_CASE("a name may leave out the digits, unless that fits several") {
  World world;
  const auto socket = world.serve(world.wish.around, "shop-3fa2c1");
  world.serve(world.wish.around, "shop-and-more");
  world.wish.name = "shop";
  CHECK_EQ(find_target(world.wish)->socket, socket);
  world.serve(world.wish.around, "shop-00ff00");
  const auto several = find_target(world.wish);
  REQUIRE_FALSE(several);
  CHECK_EQ(several.error().exit_code, exit_usage);
  CHECK(several.error().message.find("shop-00ff00, shop-3fa2c1") != std::string::npos);
}

TEST_CASE("a name may be that of the folder, whatever characters that has") {
  World world;
  const auto socket = world.serve(world.wish.around, "my-shop-3fa2c1");
  world.wish.name = "my shop";
  CHECK_EQ(find_target(world.wish)->socket, socket);
}

TEST_CASE("a name is found where there is no place for runtime folders, too") {
  World world;
  world.wish.around.runtime_home.clear();
  const auto socket = world.serve(world.wish.around, "shop-3fa2c1");
  world.wish.name = "shop";
  CHECK_EQ(find_target(world.wish)->socket, socket);
}

TEST_CASE("nothing to talk to: the message says where was looked and what runs") {
  World world;
  auto none = find_target(world.wish);
  REQUIRE_FALSE(none);
  CHECK_EQ(none.error().exit_code, exit_no_supervisor);
  CHECK(none.error().message.ends_with("or its parents; no supervisor is running"));
  world.serve(world.wish.around, "sleepy");
  none = find_target(world.wish);
  CHECK(none.error().message.ends_with("running: sleepy (choose with --name)"));
  world.serve(world.wish.around, "killed");
  world.kill_last();
  none = find_target(world.wish);
  CHECK(none.error().message.ends_with("running: sleepy (choose with --name)"));
  world.wish.name = "../etc";
  CHECK_EQ(find_target(world.wish).error().exit_code, exit_usage);
  world.wish.name = "nobody";
  CHECK_EQ(find_target(world.wish).error().exit_code, exit_no_supervisor);
}

TEST_CASE("the logs of a supervisor that is gone are still found by its name") {
  World world;
  const auto places = places_of_name("sleepy", "sleepy", world.wish.around);
  fs::create_directories(places->log_dir);
  world.wish.name = "sleepy";
  CHECK_EQ(find_target(world.wish)->log_dir, places->log_dir);
  const auto shop = places_of_name("my-shop-3fa2c1", "my shop", world.wish.around);
  fs::create_directories(shop->log_dir);
  world.wish.name = "my shop";
  CHECK_EQ(find_target(world.wish)->log_dir, shop->log_dir);
  fs::create_directories(places_of_name("my-shop-00ff00", "", world.wish.around)->log_dir);
  CHECK_EQ(find_target(world.wish).error().exit_code, exit_no_supervisor);
}

TEST_CASE("a file that is not there is the configuration's fault") {
  World world;
  world.wish.file = world.path("missing.toml");
  CHECK_EQ(find_target(world.wish).error().exit_code, exit_configuration);
}

TEST_CASE("the supervisor of a file that is no more is still found") {
  World world;
  const auto file = world.write("srv/shop/stayd.toml");
  const auto socket = world.serve(world.wish.around, name_of_config(file));
  fs::remove(file);
  world.wish.file = file;
  const auto target = find_target(world.wish);
  REQUIRE(target);
  CHECK_EQ(target->socket, socket);
}

TEST_CASE("places that the configuration names itself are found") {
  World world;
  const auto file = world.write("srv/shop/stayd.toml");
  REQUIRE(os::write_file(file,
                         "[supervisor]\nruntime-dir = \"" + world.path("there") +
                             "\"\nlog-dir = \"" + world.path("logs") +
                             "\"\n[service.web]\ncommand = \"/bin/true\"\n",
                         0644));
  const auto target = find_target(world.wish);
  REQUIRE(target);
  CHECK_EQ(target->socket, world.path("there/control"));
  CHECK_EQ(target->log_dir, world.path("logs"));
}

TEST_CASE("connecting says who is missing") {
  const auto refused =
      connect_to({.socket = "/nonexistent/control", .config = "/srv/x/stayd.toml"});
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().exit_code, exit_no_supervisor);
  CHECK_EQ(refused.error().message,
           "no supervisor is running for /srv/x/stayd.toml; start it with stayd up");
}

TEST_CASE("where the configuration is invalid, its folders are a guess, and told to be one") {
  World world;
  world.wish.file = world.write("srv/shop/stayd.toml");
  REQUIRE(os::write_file(*world.wish.file, "[supervisor]\nruntime-dir = \n", 0644));
  const auto target = find_target(world.wish);
  REQUIRE(target);
  CHECK(target->is_guess);
  const auto refused = connect_to(*target);
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().exit_code, exit_no_supervisor);
  CHECK(refused.error().message.find("which is invalid (stayd check") != std::string::npos);
}

}  // namespace stayd::app
