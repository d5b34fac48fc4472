// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

World running(const model::Service& made) {
  World world({made});
  world.boot();
  return world;
}

TEST_CASE("stop: the signal, then TERM to what is left, done when nothing is left") {
  World world = running(service("web"));
  Event stop = world.about(EventKind::operator_stop, "web");
  stop.operator_uid = 1000;
  stop.operator_pid = 4711;
  CHECK(world.happens(stop) == "signal web 15");
  CHECK(world.phase("web") == "stopping");
  CHECK(world.exits("web", 0) == "await-empty web, terminate-rest web");
  CHECK(world.phase("web") == "cleaning");
  CHECK(world.happens(EventKind::emptied, "web") == "release web");
  CHECK(world.phase("web") == "stopped");
  CHECK(world.reason("web") == "operator-stop");
  CHECK(world.of("web").operator_uid == 1000);
  CHECK(world.of("web").operator_pid == 4711);
  CHECK(world.until_deadline() > seconds(1'000'000));
}

TEST_CASE("fault row 11: what ignores TERM is killed at the deadline, and again until it is gone") {
  World world = running(service("web"));
  world.happens(EventKind::operator_stop, "web");
  CHECK(world.after(seconds(10) - nanoseconds(1)) == "");
  CHECK(world.after(nanoseconds(1)) == "kill web");
  CHECK(world.reason("web") == "stop-escalated");
  CHECK(world.dies("web", 9) == "await-empty web");
  for (int i = 0; i < 10; ++i) {
    CHECK(world.until_deadline() <= seconds(5));
    CHECK(world.after(world.until_deadline()) == "kill web");
  }
  CHECK(world.happens(EventKind::emptied, "web") == "release web");
  CHECK(world.phase("web") == "stopped");
  CHECK(world.reason("web") == "operator-stop");
  CHECK(world.of("web").stop_timed_out);
  CHECK(world.happens(EventKind::operator_start, "web") == "spawn web");
  CHECK_FALSE(world.of("web").stop_timed_out);
}

TEST_CASE("what is killed without a stop-timeout having passed has not overstayed it") {
  World world = running(service("web"));
  world.happens(EventKind::operator_stop, "web");
  world.happens(EventKind::shutdown);
  CHECK(world.happens(EventKind::shutdown) == "kill web");
  CHECK(world.after(world.until_deadline()) == "kill web");
  CHECK(world.reason("web") == "shutdown");
  CHECK_FALSE(world.of("web").stop_timed_out);
}

TEST_CASE("what a dead main process left behind gets TERM, then is killed; then the restart") {
  World world = running(service("web"));
  world.exits("web", 1);
  CHECK(world.after(seconds(10)) == "kill web");
  CHECK(world.happens(EventKind::emptied, "web") == "release web, spawn web");
}

TEST_CASE("stop-command instead of the signal; the signal when the command fails") {
  model::Service made = service("web");
  made.stop.command = {"/bin/true"};
  World world = running(made);
  CHECK(world.happens(EventKind::operator_stop, "web") == "stop-command web");
  Event ended = world.about(EventKind::command_ended, "web");
  ended.exit.kind = ExitKind::code;
  CHECK(world.happens(ended) == "");
  ended.exit.value = 1;
  CHECK(world.happens(ended) == "signal web 15");
}

TEST_CASE("a stop-timeout of zero kills at once") {
  model::Service made = service("web");
  made.stop.timeout = {};
  World world = running(made);
  CHECK(world.happens(EventKind::operator_stop, "web") == "kill web");
}

TEST_CASE("a suspended service is continued so that it can stop") {
  World world = running(service("web"));
  world.happens(EventKind::main_stopped, "web");
  CHECK(world.happens(EventKind::operator_stop, "web") == "signal web 15, signal web 18");
  CHECK(world.happens(EventKind::main_continued, "web") == "");
  CHECK(world.happens(EventKind::main_stopped, "web") == "signal web 18");
}

TEST_CASE("stop while starting ends the probe; stop before the spawn's answer waits for it") {
  model::Service made = service("web");
  made.ready.kind = model::ProbeKind::tcp;
  World world({made});
  world.happens(EventKind::boot);
  CHECK(world.happens(EventKind::operator_stop, "web") == "");
  CHECK(world.phase("web") == "preparing");
  CHECK(world.happens(EventKind::spawned, "web") ==
        "watch-ready web, unwatch-ready web, signal web 15");
}

TEST_CASE("start during a stop starts it again when the stop is complete") {
  World world = running(service("web"));
  world.happens(EventKind::operator_stop, "web");
  CHECK(world.happens(EventKind::operator_start, "web") == "");
  CHECK(world.ends("web", 0) == "release web, spawn web");
  CHECK(world.reason("web") == "operator-start");
}

TEST_CASE("restart by an operator is no failure and has no delay") {
  World world = running(service("web"));
  world.ends("web", 1);
  world.spawn_all();
  CHECK(world.happens(EventKind::operator_restart, "web") == "signal web 15");
  CHECK(world.reason("web") == "operator-restart");
  CHECK(world.ends("web", 1) == "release web, spawn web");
  CHECK(world.of("web").restarts == 0);
}

TEST_CASE("start during backoff starts now; stop during backoff ends it") {
  World world = running(service("web"));
  world.ends("web", 1);
  world.spawn_all();
  world.ends("web", 1);
  REQUIRE(world.phase("web") == "backoff");
  CHECK(world.happens(EventKind::operator_start, "web") == "spawn web");
  world.spawn_all();
  world.ends("web", 1);
  world.spawn_all();
  world.ends("web", 1);
  REQUIRE(world.phase("web") == "backoff");
  CHECK(world.happens(EventKind::operator_stop, "web") == "");
  CHECK(world.phase("web") == "stopped");
  CHECK(world.after(seconds(60)) == "");
}

TEST_CASE("kill only sends the signal; the end it brings says who") {
  World world = running(service("web"));
  Event kill = world.about(EventKind::operator_kill, "web");
  kill.signal = 9;
  kill.whom = model::StopTo::all;
  kill.operator_uid = 1000;
  CHECK(world.happens(kill) == "signal web 9");
  CHECK(world.outcome().actions[0].whom == model::StopTo::all);
  world.dies("web", 9);
  CHECK(world.reason("web") == "operator-kill");
  CHECK(world.of("web").operator_uid == 1000);
}

TEST_CASE("reload: the command, else the signal to the main process, else nothing") {
  model::Service made = service("web");
  CHECK(running(made).happens(EventKind::operator_reload, "web") == "");
  made.reload.signal = 1;
  World by_signal = running(made);
  CHECK(by_signal.happens(EventKind::operator_reload, "web") == "signal web 1");
  CHECK(by_signal.outcome().actions[0].whom == model::StopTo::main);
  made.reload.command = {"/bin/true"};
  CHECK(running(made).happens(EventKind::operator_reload, "web") == "reload-command web");
}

TEST_CASE("stopping what failed clears the failure; a completed task stays done") {
  model::Service made = service("job", model::ServiceType::task);
  World failed = running(made);
  failed.ends("job", 1);
  CHECK(failed.happens(EventKind::operator_stop, "job") == "");
  CHECK(failed.phase("job") == "stopped");
  World done = running(made);
  done.ends("job", 0);
  done.happens(EventKind::operator_stop, "job");
  CHECK(done.phase("job") == "done");
  CHECK(done.happens(EventKind::operator_start, "job") == "spawn job");
}

}  // namespace
}  // namespace stayd::core
