// SPDX-License-Identifier: Apache-2.0
#include "control/reply.h"

#include <doctest/doctest.h>

#include <vector>

#include "control/client.h"
#include "control/frame.h"

namespace stayd::control {
namespace {

InstanceView sample() {
  InstanceView view;
  view.service = "worker";
  view.instance = "worker@2";
  view.type = "daemon";
  view.phase = "backoff";
  view.want = "up";
  view.reason = "restart_delay";
  view.run = 17;
  view.since = {1'795'500'787'000'000'000};
  view.next_start = {1'795'500'788'600'000'000};
  view.restarts = 14;
  view.operator_uid = 0;
  view.operator_pid = 812;
  view.last_exit = {.kind = EndKind::code,
                    .value = 1,
                    .at = {1'795'500'787'000'000'000},
                    .run = 17,
                    .ran_for = milliseconds(80)};
  view.status_text = "says \"hi\"\n";
  view.log_bytes = 12'345'678'901;
  view.cgroup = "worker@2.4";
  return view;
}

SupervisorView supervisor() {
  SupervisorView view;
  view.pid = 12;
  view.keeper = 11;
  view.log_writer = 13;
  view.name = "shop-1a2b3c";
  view.title = "shop";
  view.version = "0.1.0";
  view.since = {1'795'500'000'000'000'000};
  view.config = "/srv/shop/stayd.toml";
  view.log_dir = "/var/log/stayd/shop-1a2b3c";
  view.containment = "cgroup";
  return view;
}

/// The message without its NUL.
std::string_view body(const Reply& reply) {
  REQUIRE(reply.bytes.ends_with('\0'));
  return std::string_view(reply.bytes).substr(0, reply.bytes.size() - 1);
}

ReplyContent content_of(const Reply& reply) {
  auto content = decode_reply(body(reply));
  REQUIRE(content.has_value());
  return std::move(*content);
}

Reply status_of(const InstanceView& instance) {
  StatusWriter writer(supervisor(), 0);
  CHECK(writer.add(instance) == Room::left);
  return std::move(writer).finish(Continues::no);
}

}  // namespace

TEST_CASE("the form of Status is fixed") {
  CHECK_EQ(body(status_of(sample())),
           R"({"parameters":{"version":1,"supervisor":{"pid":12,"keeper":11,"log_writer":13,)"
           R"("generation":1,"name":"shop-1a2b3c","title":"shop","version":"0.1.0",)"
           R"("since":"2026-11-24T06:00:00.000000000Z","config":"/srv/shop/stayd.toml",)"
           R"("log_dir":"/var/log/stayd/shop-1a2b3c","containment":"cgroup"},"instances":[)"
           R"({"service":"worker","instance":"worker@2","type":"daemon","phase":"backoff",)"
           R"("want":"up","reason":"restart_delay","run":17,)"
           R"("since":"2026-11-24T06:13:07.000000000Z",)"
           R"("next_start":"2026-11-24T06:13:08.600000000Z","restarts":14,"operator_uid":0,)"
           R"("operator_pid":812,"status_text":"says \"hi\"\n","log_bytes":12345678901,)"
           R"("cgroup":"worker@2.4","last_exit":{"code":1,"core":false,"oom":false,)"
           R"("at":"2026-11-24T06:13:07.000000000Z","run":17,"ran_for":0.08}}]}})");
}

TEST_CASE("Status is read back as it was written") {
  InstanceView view = sample();
  view.failure = {.number = 2, .step = "executing", .text = "executing /x: No such file"};
  view.usage = {.known = true, .memory = 1 << 20, .cpu = milliseconds(1234), .processes = 3};
  view.suspended = true;
  view.ready_timed_out = true;
  view.stop_timed_out = true;
  view.last_exit = {.kind = EndKind::signal, .value = 9, .core = true, .oom = true, .run = 3};
  const Reply reply = status_of(view);
  const ReplyContent content = content_of(reply);
  CHECK_EQ(content.supervisor.config, "/srv/shop/stayd.toml");
  CHECK_EQ(content.supervisor.since.ns, supervisor().since.ns);
  REQUIRE_EQ(content.instances.size(), 1);
  StatusWriter again(content.supervisor, 0);
  again.add(content.instances[0]);
  CHECK_EQ(std::move(again).finish(Continues::no).bytes, reply.bytes);
}

TEST_CASE("a moved content keeps its texts") {
  ReplyContent first = content_of(explain_reply(std::vector{sample()}));
  const ReplyContent second = std::move(first);
  CHECK_EQ(second.instances.at(0).instance, "worker@2");
}

TEST_CASE("members that are not known are skipped") {
  const auto content = decode_reply(
      R"({"new":{"a":[{"b":[]}]},"parameters":{"later":[[1],{"pid":7}],"instances":[)"
      R"({"service":"a","instance":"a","shape":{"x":1},"pid":5,"list":[1,2],"pid2":6}]}})");
  REQUIRE(content.has_value());
  REQUIRE_EQ(content->instances.size(), 1);
  CHECK_EQ(content->instances[0].pid, 5);
}

TEST_CASE("Status pages by number and by size, and names where to go on") {
  StatusWriter limited(supervisor(), 2);
  InstanceView view = sample();
  CHECK(limited.add(view) == Room::left);
  view.instance = "worker@3";
  CHECK(limited.add(view) == Room::left);
  CHECK(limited.add(view) == Room::none);
  CHECK_EQ(content_of(std::move(limited).finish(Continues::no)).next, "worker@3");

  StatusWriter full(supervisor(), 0);
  std::size_t count = 0;
  while (count < 100'000 && full.add(view) == Room::left) ++count;
  const Reply reply = std::move(full).finish(Continues::yes);
  CHECK_LE(reply.bytes.size(), most_message_bytes + 1);
  CHECK_GT(count, 1'500);
  const ReplyContent content = content_of(reply);
  CHECK(content.continues);
  CHECK_EQ(content.instances.size(), count);
  CHECK_EQ(content.next, "worker@3");
}

TEST_CASE("an instance with the longest texts still fits, alone") {
  const std::string long_text(100'000, '\x01');
  InstanceView view = sample();
  view.status_text = long_text;
  const Reply reply = status_of(view);
  CHECK_LE(reply.bytes.size(), most_message_bytes + 1);
}

TEST_CASE("results carry the state of what failed, and stay within a message") {
  const InstanceView view = sample();
  ResultsWriter writer;
  writer.add({.instance = "db", .outcome = Outcome::running});
  writer.add({.instance = "worker@2", .outcome = Outcome::failed, .state = &view});
  const ReplyContent content = content_of(std::move(writer).finish());
  REQUIRE_EQ(content.results.size(), 2);
  CHECK_EQ(content.results[0].outcome, "running");
  CHECK_FALSE(content.results[0].has_state);
  CHECK_EQ(content.results[1].state.last_exit.value, 1);

  ResultsWriter many;
  for (int i = 0; i < 30'000; ++i) {
    many.add({.instance = "a-service-with-a-rather-long-name@10000",
              .outcome = Outcome::failed,
              .state = &view});
  }
  const Reply reply = std::move(many).finish();
  CHECK_LE(reply.bytes.size(), most_message_bytes + 1);
  const ReplyContent most = content_of(reply);
  CHECK_EQ(most.results.size() + most.omitted, 30'000);
}

TEST_CASE("events tell of phases, commands and refusals") {
  const InstanceView view = sample();
  const ReplyContent phase = content_of(
      event_reply({.kind = EventKind::phase, .at = {1}, .instance = &view, .before = "running"}));
  REQUIRE(phase.event.has_value());
  CHECK(phase.continues);
  CHECK_EQ(phase.event->kind, "phase");
  CHECK_EQ(phase.event->before, "running");
  CHECK_EQ(phase.event->instance.phase, "backoff");

  const std::vector<std::string> names{"web"};
  CHECK_EQ(body(event_reply({.kind = EventKind::refused,
                             .at = {0},
                             .method = full_name(Method::stop),
                             .names = names,
                             .right = Right::operator_,
                             .uid = 1000,
                             .pid = 77})),
           R"({"parameters":{"event":{"kind":"refused","at":"1970-01-01T00:00:00.000000000Z",)"
           R"("method":"dev.stayd.Supervisor.Stop","names":["web"],"uid":1000,"pid":77,)"
           R"("right":"operator"}},"continues":true})");
}

TEST_CASE("errors are Varlink's, and read as clauses") {
  CHECK_EQ(body(no_such_service("wbe", "web")), R"({"error":"dev.stayd.Supervisor.NoSuchService",)"
                                                R"("parameters":{"name":"wbe","nearest":"web"}})");
  CHECK_EQ(content_of(no_such_service("wbe", "web")).error.message(),
           "there is no service \"wbe\" (did you mean \"web\"?)");
  CHECK_EQ(content_of(no_such_service("x", "")).error.message(), "there is no service \"x\"");
  CHECK_EQ(content_of(not_permitted(Right::operator_)).error.name,
           "dev.stayd.Supervisor.NotPermitted");
  CHECK_EQ(body(error_reply({.fault = RequestFault::invalid_parameter, .subject = "names"})),
           R"({"error":"org.varlink.service.InvalidParameter",)"
           R"("parameters":{"parameter":"names"}})");
  CHECK_EQ(body(error_reply({.fault = RequestFault::expected_more})),
           R"({"error":"org.varlink.service.ExpectedMore","parameters":{}})");
  CHECK_EQ(content_of(description_reply("a.b")).error.name,
           "org.varlink.service.InterfaceNotFound");
}

TEST_CASE("what is not a reply is an error, not a crash") {
  for (const std::string_view text : {"", "[", "x", "{\"parameters\":"}) {
    CHECK_FALSE(decode_reply(text).has_value());
  }
  const auto odd = decode_reply(
      R"({"error":7,"continues":"x","parameters":{"supervisor":[],"instances":{"a":1},)"
      R"("results":[1,[2],{"state":5,"instance":{}}],"next":[]}})");
  REQUIRE(odd.has_value());
  CHECK(odd->error.name.empty());
}

}  // namespace stayd::control
