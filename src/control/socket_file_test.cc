// SPDX-License-Identifier: Apache-2.0
// Rows 66 and 68 of the faults: the socket's file, and callers of another uid, on real sockets.
#include <sys/stat.h>
#include <unistd.h>

#include "control/client.h"
#include "control/server_test_support.h"

namespace stayd::control {
namespace {

namespace fs = std::filesystem;

/// Asks for the interface's version over a new connection.
bool answers(TestServer& server) {
  RawPeer peer(server);
  peer.call(call_text("org.varlink.service.GetInfo"));
  return peer.hear_one().find("0.0-test") != std::string::npos;
}

std::uint32_t mode_of(const std::string& path) { return os::status_of_path(path)->mode & 0777U; }

constexpr std::uint32_t nobody = 65'534;

/// This process with another effective uid, until the end of the block.
class AsOtherUser {
 public:
  AsOtherUser() { REQUIRE_EQ(seteuid(nobody), 0); }
  ~AsOtherUser() { CHECK_EQ(seteuid(0), 0); }
  AsOtherUser(const AsOtherUser&) = delete;
  AsOtherUser& operator=(const AsOtherUser&) = delete;
};

}  // namespace

TEST_CASE("row 66: a stale socket file is replaced, and nobody else may connect to the new one") {
  const SocketPath path("control");
  {
    const auto dead = os::listen_unix(path.path(), 0600, 1);
    REQUIRE(dead);
  }
  REQUIRE(os::exists(path.path()));
  CHECK_EQ(Client::connect(path.path()).error().number, ECONNREFUSED);
  const auto listener = os::listen_unix(path.path(), 0600, 1);
  REQUIRE(listener);
  CHECK(Client::connect(path.path()));
  CHECK_EQ(mode_of(path.path()), 0600);
}

TEST_CASE("row 66: what is no socket is refused and left as it is") {
  const SocketPath path("control");
  REQUIRE(os::write_file(path.path(), "precious", 0644));
  const auto listener = os::listen_unix(path.path(), 0600, 1);
  REQUIRE_FALSE(listener);
  CHECK(listener.error().message.find(path.path()) != std::string::npos);
  CHECK_EQ(os::read_file(path.path(), 100).value(), "precious");
}

TEST_CASE("row 66: a symbolic link in the socket's place leads nowhere") {
  const SocketPath path("control");
  const auto victim = fs::path(path.path()).parent_path() / "victim";
  REQUIRE(os::write_file(victim, "precious", 0644));
  fs::create_symlink(victim, path.path());
  const auto listener = os::listen_unix(path.path(), 0600, 1);
  CHECK_EQ(os::read_file(victim, 100).value(), "precious");
  CHECK_FALSE(listener);
}

TEST_CASE("row 66: a path that is longer than sun_path is served and reached") {
  const SocketPath path(std::string(90, 'a') + "/" + std::string(90, 'b'));
  const auto folder = fs::path(path.path()).parent_path();
  REQUIRE(os::make_folders(folder, 0700));
  const auto listener = os::listen_unix(path.path(), 0600, 1);
  REQUIRE(listener);
  CHECK(Client::connect(path.path()));
}

TEST_CASE("row 68: another uid without a right is told which one it lacks") {
  if (os::own_uid() != 0) {
    MESSAGE("skipped: only root can be somebody else");
    return;
  }
  TestServer server({.owner_uid = 0, .viewer_uids = {nobody}});
  fs::permissions(server.path(), fs::perms{0666});
  fs::permissions(fs::path(server.path()).parent_path(), fs::perms{0711});
  std::unique_ptr<RawPeer> peer;
  {
    const AsOtherUser other;
    peer = std::make_unique<RawPeer>(server);
  }
  peer->call(call_text("dev.stayd.Supervisor.Stop", R"({"names":["web"]})"));
  CHECK(peer->hear_one().find(R"("right":"operator")") != std::string::npos);
  REQUIRE_EQ(server.handler().refusals.size(), 1);
  CHECK(server.handler().calls.empty());
  peer->call(call_text("dev.stayd.Supervisor.Status"));
  server.turn();
  REQUIRE_EQ(server.handler().calls.size(), 1);
  CHECK_EQ(server.handler().calls[0].caller.peer.uid, nobody);
  CHECK(answers(server));
}

TEST_CASE("row 68: one uid cannot take every connection") {
  if (os::own_uid() != 0) {
    MESSAGE("skipped: only root can be somebody else");
    return;
  }
  TestServer server({.owner_uid = 0});
  fs::permissions(server.path(), fs::perms{0666});
  fs::permissions(fs::path(server.path()).parent_path(), fs::perms{0711});
  std::vector<std::unique_ptr<RawPeer>> crowd;
  {
    const AsOtherUser other;
    for (std::size_t i = 0; i < most_connections_of_uid + 20; ++i) {
      crowd.push_back(std::make_unique<RawPeer>(server));
      server.turn();
    }
  }
  CHECK_EQ(server->connection_count(), most_connections_of_uid);
  CHECK(answers(server));
}

TEST_CASE("row 68: a caller that is dead leaves nothing behind, its command goes on") {
  TestServer server;
  {
    RawPeer peer(server);
    peer.call(call_text("dev.stayd.Supervisor.Stop", R"({"names":["web"],"wait":true})"));
    server.turn();
  }
  server.turn();
  REQUIRE_EQ(server.handler().calls.size(), 1);
  const auto connection = server.handler().calls[0].connection;
  CHECK_EQ(server->connection_count(), 0);
  server->send(connection, empty_reply());
  RawPeer next(server);
  CHECK(next.hear().empty());
}

TEST_CASE("the client reads an answer that comes in many pieces") {
  TestServer server;
  auto client = Client::connect(server.path());
  REQUIRE(client);
  REQUIRE(client->send({.method = Method::status}));
  server.turn();
  StatusWriter writer({.name = "x"}, 0);
  const std::string text(3'000, 'x');
  int count = 0;
  while (writer.add({.instance = "web", .status_text = text}) == Room::left) ++count;
  server->send(server.handler().calls.at(0).connection, std::move(writer).finish(Continues::no));
  Result<std::string_view> message = failure(ETIMEDOUT, "");
  for (int turns = 0; !message && message.error().number == ETIMEDOUT && turns < 1'000; ++turns) {
    server.turn();
    message = client->receive(Instant{});
  }
  REQUIRE(message);
  const auto reply = decode_reply(*message);
  REQUIRE(reply);
  CHECK_EQ(reply->instances.size(), static_cast<std::size_t>(count));
  CHECK_EQ(reply->next, "web");
}

}  // namespace stayd::control
