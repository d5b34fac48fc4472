// SPDX-License-Identifier: Apache-2.0
#include "control/server.h"

#include "control/client.h"
#include "control/server_test_support.h"

namespace stayd::control {
namespace {

using std::literals::operator""s;

constexpr std::string_view stop_web = R"({"names":["web"],"wait":true})";
const std::string stop_call = call_text("dev.stayd.Supervisor.Stop", stop_web);
const std::string status_call = call_text("dev.stayd.Supervisor.Status");
const std::string info_call = call_text("org.varlink.service.GetInfo");
const std::string events_call =
    R"({"method":"dev.stayd.Supervisor.Events","parameters":{"names":["web"]},"more":true})";

Reply result_of(std::string_view instance) {
  ResultsWriter writer;
  writer.add({.instance = instance, .outcome = Outcome::stopped});
  return std::move(writer).finish();
}

Reply notice(std::string_view text) {
  return event_reply({.kind = EventKind::notice, .message = text});
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("introspection is answered by the server itself") {
  TestServer server;
  RawPeer peer(server);
  peer.call(info_call);
  CHECK(has(peer.hear_one(), R"("version":"0.0-test")"));
  peer.call(call_text("org.varlink.service.GetInterfaceDescription",
                      R"({"interface":"dev.stayd.Supervisor"})"));
  const auto content = peer.hear_one();
  CHECK(has(content, "method Status("));
  CHECK(server.handler().calls.empty());
}

TEST_CASE("a call reaches the handler, and its reply the caller") {
  TestServer server;
  RawPeer peer(server);
  peer.call(stop_call);
  CHECK(peer.hear().empty());
  REQUIRE_EQ(server.handler().calls.size(), 1);
  const auto& call = server.handler().calls[0];
  CHECK(call.request.method == Method::stop);
  CHECK_EQ(call.caller.peer.pid, os::own_pid());
  CHECK(call.caller.right == Right::owner);
  server->send(call.connection, result_of("web"));
  CHECK(has(peer.hear_one(), R"("outcome":"stopped")"));
}

TEST_CASE("a call that came with its connection is answered as that is accepted") {
  TestServer server;
  RawPeer peer(server);
  peer.shout(info_call + "\0"s);
  server.turn();
  CHECK_EQ(server.last_turns(), 1);
  CHECK(has(peer.hear_one(), "vendor"));
}

TEST_CASE("calls sent at once are answered one after the other, in order") {
  TestServer server;
  RawPeer peer(server);
  peer.say(stop_call + "\0"s + info_call + "\0"s + stop_call + "\0"s);
  CHECK(peer.hear().empty());
  REQUIRE_EQ(server.handler().calls.size(), 1);
  server->send(server.handler().calls[0].connection, result_of("first"));
  const auto replies = peer.hear();
  REQUIRE_EQ(replies.size(), 2);
  CHECK(has(replies[0], "first"));
  CHECK(has(replies[1], "vendor"));
  REQUIRE_EQ(server.handler().calls.size(), 2);
  server->send(server.handler().calls[1].connection, result_of("second"));
  CHECK(has(peer.hear_one(), "second"));
}

TEST_CASE("a thousand calls in one go are all answered") {
  TestServer server;
  RawPeer peer(server);
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += info_call + '\0';
  peer.say(many);
  CHECK_EQ(peer.hear().size(), 1'000);
}

TEST_CASE("a oneway call gets no reply, not even an error") {
  TestServer server;
  RawPeer peer(server);
  peer.call(R"({"method":"dev.stayd.Supervisor.Nothing","oneway":true})");
  peer.call(R"({"method":"dev.stayd.Supervisor.Stop","parameters":{"names":[]},"oneway":true})");
  REQUIRE_EQ(server.handler().calls.size(), 1);
  server->send(server.handler().calls[0].connection, result_of("web"));
  peer.call(info_call);
  CHECK(has(peer.hear_one(), "vendor"));
}

TEST_CASE("a caller that has shut its sending side is still answered") {
  TestServer server;
  RawPeer peer(server);
  peer.call(stop_call);
  peer.finish_sending();
  CHECK(peer.hear().empty());
  server->send(server.handler().calls.at(0).connection, result_of("web"));
  CHECK(has(peer.hear_one(), "stopped"));
  CHECK(peer.ended());
  CHECK_EQ(server->connection_count(), 0);
}

TEST_CASE("what a caller that left at once asked for is still done") {
  TestServer server;
  RawPeer peer(server);
  peer.shout(stop_call + "\0"s);
  peer.hang_up();
  server.turn();
  CHECK_EQ(server.handler().calls.size(), 1);
  CHECK_EQ(server.handler().left.size(), 1);
  CHECK_EQ(server->connection_count(), 0);
}

TEST_CASE("the handler hears of a caller that leaves while its call is under way") {
  TestServer server;
  RawPeer peer(server);
  peer.call(stop_call);
  const auto connection = server.handler().calls.at(0).connection;
  peer.hang_up();
  server.turn();
  CHECK_EQ(server.handler().left, std::vector{connection});
  server->send(connection, result_of("web"));
  RawPeer next(server);
  next.call(stop_call);
  server->send(connection, result_of("not for you"));
  CHECK(next.hear().empty());
}

TEST_CASE("row 67: garbage gets one error and is closed, others go on") {
  TestServer server;
  RawPeer good(server);
  for (const auto& garbage : {"GET / HTTP/1.1\r\n\r\n\0"s, "\0"s, "[[[[\0"s, "{}\0"s, "\xff\xfe\0"s,
                              std::string(5'000, '[') + '\0'}) {
    RawPeer peer(server);
    peer.say(garbage + info_call + "\0"s);
    CHECK(has(peer.hear_one(), "MalformedMessage"));
    CHECK(peer.ended());
  }
  good.call(info_call);
  CHECK(has(good.hear_one(), "vendor"));
  CHECK_EQ(server->connection_count(), 1);
}

TEST_CASE("row 67: a message of 100 MB is refused at its first MiB") {
  TestServer server;
  RawPeer peer(server);
  const std::string piece(std::size_t{1} << 20U, 'x');
  for (int i = 0; i < 100; ++i) peer.say(piece);
  CHECK(has(peer.hear_one(), "longer than 1 MiB"));
  CHECK(peer.ended());
  CHECK_EQ(server->connection_count(), 0);
}

TEST_CASE("row 67: a message in the making has ten seconds") {
  TestServer server;
  RawPeer slow(server);
  RawPeer quiet(server);
  slow.say("{\"met");
  server.pass(seconds(9));
  slow.say("h");
  CHECK_EQ(server->connection_count(), 2);
  server.pass(seconds(2));
  CHECK(slow.hear().empty());
  CHECK(slow.ended());
  quiet.call(info_call);
  CHECK(has(quiet.hear_one(), "vendor"));
}

TEST_CASE("an idle server waits for nothing, a caller that waits is not hurried") {
  TestServer server;
  RawPeer peer(server);
  server.turn();
  CHECK(server->next_deadline() == Instant::never());
  peer.say(stop_call + "\0{\"half"s);
  CHECK(server->next_deadline() == Instant::never());
  server.pass(seconds(3'600));
  CHECK_EQ(server->connection_count(), 1);
  server->send(server.handler().calls.at(0).connection, result_of("web"));
  CHECK(has(peer.hear_one(), "stopped"));
  CHECK(server->next_deadline() != Instant::never());
}

TEST_CASE("row 67: half messages of many peers are bounded together") {
  TestServer server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  const std::string half(900'000, 'x');
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<RawPeer>(server));
    peers.back()->say(half);
  }
  server.turn();
  CHECK_LT(server->connection_count(), 8);
  RawPeer peer(server);
  peer.call(info_call);
  CHECK(has(peer.hear_one(), "vendor"));
}

TEST_CASE("row 67: beyond 256 connections the longest idle one makes place") {
  TestServer server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < most_connections; ++i) {
    peers.push_back(std::make_unique<RawPeer>(server));
    server.pass(milliseconds(1));
  }
  CHECK_EQ(server->connection_count(), most_connections);
  peers[0]->call(info_call);
  CHECK_EQ(peers[0]->hear().size(), 1);
  RawPeer newcomer(server);
  newcomer.call(info_call);
  CHECK(has(newcomer.hear_one(), "vendor"));
  CHECK(peers[1]->hear().empty());
  CHECK(peers[1]->ended());
  peers[0]->call(info_call);
  CHECK_EQ(peers[0]->hear().size(), 1);
}

TEST_CASE("row 67: where all are busy a newcomer is told so") {
  TestServer server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < most_connections; ++i) {
    peers.push_back(std::make_unique<RawPeer>(server));
    peers.back()->call(stop_call);
  }
  RawPeer newcomer(server);
  CHECK(has(newcomer.hear_one(), "TooManyConnections"));
  CHECK(newcomer.ended());
  CHECK_EQ(server->connection_count(), most_connections);
}

TEST_CASE("subscribers hear what they chose") {
  TestServer server;
  RawPeer peer(server);
  CHECK_FALSE(server->has_subscribers(Topic::events));
  peer.call(events_call);
  const auto& call = server.handler().calls.at(0);
  server->subscribe(call.connection, Topic::events, call.request.names);
  CHECK(server->has_subscribers(Topic::events));
  CHECK_FALSE(server->has_subscribers(Topic::status));
  server->publish(Topic::events, "web", "web@1", notice("one"));
  server->publish(Topic::events, "db", "db", notice("two"));
  server->publish(Topic::status, "web", "web@1", notice("three"));
  server->publish(Topic::events, "", "", notice("for all"));
  const auto heard = peer.hear();
  REQUIRE_EQ(heard.size(), 2);
  CHECK(has(heard[0], "one"));
  CHECK(has(heard[1], "for all"));
  peer.hang_up();
  server.turn();
  CHECK_FALSE(server->has_subscribers(Topic::events));
  CHECK_EQ(server.handler().left.size(), 1);
}

TEST_CASE("a slow subscriber is told how much it missed, and costs no more") {
  TestServer server;
  RawPeer peer(server);
  peer.call(events_call);
  server->subscribe(server.handler().calls.at(0).connection, Topic::events, {});
  constexpr int sent = 20'000;
  const std::string text(1'000, 'e');
  for (int i = 0; i < sent; ++i) server->publish(Topic::events, "", "", notice(text));
  std::uint64_t heard = 0;
  std::uint64_t skipped = 0;
  for (const auto& message : peer.hear()) {
    const auto content = decode_reply(message);
    REQUIRE(content.has_value());
    CHECK(content->continues);
    heard += content->event ? 1U : 0U;
    skipped += content->skipped;
  }
  CHECK_GT(skipped, 0);
  CHECK_EQ(heard + skipped, sent);
  server->publish(Topic::events, "", "", notice("again"));
  CHECK(has(peer.hear_one(), "again"));
}

TEST_CASE("answers that nobody reads are bounded in all") {
  TestServer server;
  std::vector<std::unique_ptr<RawPeer>> peers;
  const std::string big(1'000'000, 'b');
  for (int i = 0; i < 40; ++i) {
    peers.push_back(std::make_unique<RawPeer>(server));
    peers.back()->call(status_call);
    server->send(server.handler().calls.back().connection,
                 {R"({"parameters":{"x":")" + big + "\"}}\0"s, Continues::no});
    server.pass(milliseconds(1));
  }
  CHECK_LT(server->connection_count(), 25);
  CHECK_GT(server->connection_count(), 10);
  const auto last = peers.back()->hear();
  REQUIRE_EQ(last.size(), 1);
  CHECK_GT(last[0].size(), big.size());
}

TEST_CASE("a large answer reaches a reader piece by piece") {
  TestServer server;
  RawPeer peer(server);
  peer.call(status_call);
  server->send(server.handler().calls.at(0).connection,
               {"\"" + std::string(1'000'000, 'b') + "\"\0"s, Continues::no});
  CHECK_EQ(peer.hear_one().size(), 1'000'002);
}

TEST_CASE("the farewell reaches those who wait") {
  TestServer server;
  RawPeer waiting(server);
  RawPeer subscribed(server);
  RawPeer idle(server);
  waiting.call(stop_call);
  subscribed.call(events_call);
  server->subscribe(server.handler().calls.at(1).connection, Topic::events, {});
  server->say_farewell();
  CHECK(has(waiting.hear_one(), "ShuttingDown"));
  CHECK(has(subscribed.hear_one(), "ShuttingDown"));
  CHECK(waiting.ended());
  CHECK(idle.hear().empty());
  CHECK_FALSE(idle.ended());
}

TEST_CASE("row 68: rights come from the peer's credentials") {
  const Access access{.owner_uid = 1000,
                      .operator_uids = {2000},
                      .operator_gids = {50},
                      .viewer_uids = {3000},
                      .viewer_gids = {60}};
  const std::vector<std::uint32_t> none;
  const std::vector<std::uint32_t> in_50{7, 50};
  const std::vector<std::uint32_t> in_60{60};
  CHECK(right_of({.uid = 0}, none, access) == Right::owner);
  CHECK(right_of({.uid = 1000}, none, access) == Right::owner);
  CHECK(right_of({.uid = 2000}, none, access) == Right::operator_);
  CHECK(right_of({.uid = 1, .gid = 50}, none, access) == Right::operator_);
  CHECK(right_of({.uid = 3000}, in_50, access) == Right::operator_);
  CHECK(right_of({.uid = 3000}, none, access) == Right::viewer);
  CHECK(right_of({.uid = 9}, in_60, access) == Right::viewer);
  CHECK(right_of({.uid = 9, .gid = 9}, none, access) == Right::none);
}

TEST_CASE("row 68: what the caller may not do is refused, named and told") {
  if (os::own_uid() == 0) {
    MESSAGE("skipped: root may do everything");
    return;
  }
  TestServer server({.owner_uid = os::own_uid() + 1, .viewer_uids = {os::own_uid()}});
  RawPeer peer(server);
  peer.call(stop_call);
  CHECK(has(peer.hear_one(), R"("right":"operator")"));
  REQUIRE_EQ(server.handler().refusals.size(), 1);
  CHECK(server.handler().calls.empty());
  peer.call(status_call);
  CHECK_EQ(server.handler().calls.size(), 1);
}

TEST_CASE("the client takes an answer, and says what it was refused for") {
  TestServer server;
  auto client = Client::connect(server.path());
  REQUIRE(client.has_value());
  Request request;
  request.method = Method::explain;
  request.name = "wbe";
  REQUIRE(client->send(request).has_value());
  server.turn();
  server->send(server.handler().calls.at(0).connection, no_such_service("wbe", "web"));
  const auto message = client->receive(Instant::never());
  REQUIRE(message.has_value());
  CHECK_EQ(decode_reply(*message)->error.subject, "wbe");
}

TEST_CASE("the client gives up at its deadline, and notices a supervisor that ends") {
  auto server = std::make_unique<TestServer>();
  auto client = Client::connect(server->path());
  REQUIRE(client.has_value());
  const auto late = client->receive(Instant{});
  REQUIRE_FALSE(late.has_value());
  CHECK_EQ(late.error().number, ETIMEDOUT);
  server.reset();
  const auto gone = client->receive(Instant::never());
  REQUIRE_FALSE(gone.has_value());
  CHECK_EQ(gone.error().number, ECONNRESET);
  CHECK_FALSE(Client::connect("/nonexistent/control").has_value());
}

}  // namespace stayd::control
