// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::Condition;
using model::EdgeKind;
using model::ProbeKind;
using model::ServiceType;

model::Service probed(std::string name) {
  model::Service made = service(std::move(name));
  made.ready.kind = ProbeKind::notify;
  return made;
}

model::Service with(model::Service made, std::vector<model::Dependency> dependencies) {
  made.dependencies = std::move(dependencies);
  return made;
}

TEST_CASE("what is required is waited for until it is ready") {
  World world({with(service("web"), {on(1, EdgeKind::requires_)}), probed("db")});
  CHECK(world.happens(EventKind::boot) == "spawn db");
  CHECK(world.phase("web") == "waiting");
  CHECK(world.reason("web") == "requirement-waiting");
  CHECK(world.cause("web") == "db");
  CHECK(world.happens(EventKind::spawned, "db") == "watch-ready db");
  CHECK(world.happens(EventKind::became_ready, "db") == "spawn web");
  CHECK(world.reason("web") == "boot");
}

TEST_CASE("conditions started and done") {
  World world({with(service("web"), {on(1, EdgeKind::requires_, Condition::started),
                                     on(2, EdgeKind::requires_, Condition::done)}),
               probed("db"), service("migrate", ServiceType::task)});
  CHECK(world.happens(EventKind::boot) == "spawn db, spawn migrate");
  CHECK(world.happens(EventKind::spawned, "db") == "watch-ready db");
  CHECK(world.cause("web") == "migrate");
  CHECK(world.happens(EventKind::spawned, "migrate") == "");
  CHECK(world.ends("migrate", 0) == "release migrate, spawn web");
}

TEST_CASE("starting one starts what it requires and wants, though not enabled") {
  model::Service db = service("db");
  db.enabled = false;
  model::Service metrics = db;
  metrics.name = "metrics";
  World world(
      {with(service("web"), {on(1, EdgeKind::requires_), on(2, EdgeKind::wants)}), db, metrics});
  CHECK(world.happens(EventKind::boot) == "spawn db, spawn metrics");
  CHECK(world.reason("db") == "needed-by");
  CHECK(world.cause("db") == "web");
}

TEST_CASE("a failed requirement takes its dependents with it, in reverse order") {
  model::Service db = service("db", ServiceType::task);
  World world({db, with(service("api"), {on(0, EdgeKind::requires_)}),
               with(service("web"), {on(1, EdgeKind::requires_)})});
  world.boot();
  CHECK(world.exits("db", 1) == "await-empty db, terminate-rest db");
  CHECK(world.happens(EventKind::emptied, "db") == "release db, signal web 15");
  CHECK(world.phase("api") == "running");
  CHECK(world.ends("web", 0) == "release web, signal api 15");
  CHECK(world.ends("api", 0) == "release api");
  CHECK(world.phase("api") == "failed");
  CHECK(world.reason("api") == "requirement-failed");
  CHECK(world.cause("api") == "db");
  CHECK(world.phase("web") == "failed");
  CHECK(world.cause("web") == "api");
}

TEST_CASE("a requirement that fails while it is waited for fails who waits; a wish does not") {
  World world({service("db", ServiceType::task),
               with(service("web"), {on(0, EdgeKind::requires_, Condition::done)}),
               with(service("batch"), {on(0, EdgeKind::wants, Condition::done)})});
  world.boot();
  CHECK(world.ends("db", 1) == "release db, spawn batch");
  CHECK(world.phase("web") == "failed");
}

TEST_CASE("a requirement that restarts does not disturb its dependents") {
  World world({service("db"), with(service("web"), {on(0, EdgeKind::requires_)})});
  world.boot();
  CHECK(world.ends("db", 1) == "release db, spawn db");
  world.spawn_all();
  world.ends("db", 1);
  CHECK(world.phase("db") == "backoff");
  CHECK(world.phase("web") == "running");
}

TEST_CASE("stop of one stops those that require it first") {
  World world({service("db"), with(service("web"), {on(0, EdgeKind::requires_)}),
               with(service("cron"), {on(0, EdgeKind::after)})});
  world.boot();
  CHECK(world.happens(EventKind::operator_stop, "db") == "signal web 15");
  CHECK(world.phase("db") == "running");
  CHECK(world.ends("web", 0) == "release web, signal db 15");
  CHECK(world.phase("web") == "stopped");
  CHECK(world.reason("web") == "requirement-stopped");
  world.ends("db", 0);
  CHECK(world.phase("db") == "stopped");
  CHECK(world.reason("db") == "operator-stop");
  CHECK(world.phase("cron") == "running");
}

TEST_CASE("what went with a requirement comes back with it, in order") {
  World world({probed("db"), with(service("api"), {on(0, EdgeKind::requires_)}),
               with(service("web"), {on(1, EdgeKind::requires_)})});
  world.boot();
  world.happens(EventKind::became_ready, "db");
  world.spawn_all();
  world.happens(EventKind::operator_stop, "db");
  for (const char* name : {"web", "api", "db"}) world.ends(name, 0);
  CHECK(world.phase("web") == "stopped");
  CHECK(world.happens(EventKind::operator_start, "db") == "spawn db");
  world.spawn_all();
  CHECK(world.happens(EventKind::became_ready, "db") == "spawn api");
  CHECK(world.reason("api") == "requirement-back");
  CHECK(world.cause("api") == "db");
  world.spawn_all();
  CHECK(world.phase("web") == "running");
}

TEST_CASE("what failed with a requirement comes back with it; what an operator stopped does not") {
  std::vector<model::Service> services{service("db"),
                                       with(service("web"), {on(0, EdgeKind::requires_)}),
                                       with(service("old"), {on(0, EdgeKind::requires_)})};
  services[0].restart.policy = model::RestartPolicy::never;
  World world(services);
  world.boot();
  world.ends("db", 1);
  world.ends("web", 0);
  world.ends("old", 0);
  CHECK(world.phase("web") == "failed");
  CHECK(world.happens(EventKind::operator_stop, "old") == "");
  CHECK(world.reason("old") == "operator-stop");
  world.happens(EventKind::operator_start, "db");
  world.spawn_all();
  CHECK(world.phase("web") == "running");
  CHECK(world.phase("old") == "stopped");
  world.happens(EventKind::operator_stop, "db");
  world.ends("web", 0);
  world.ends("db", 0);
  // Down already, and now for good.
  world.happens(EventKind::operator_stop, "web");
  CHECK(world.reason("web") == "operator-stop");
  world.happens(EventKind::operator_start, "db");
  world.spawn_all();
  CHECK(world.phase("web") == "stopped");
}

TEST_CASE(
    "a requirement that is back while its dependent still stops: it starts again after that") {
  World world({service("db"), with(service("web"), {on(0, EdgeKind::requires_)})});
  world.boot();
  CHECK(world.happens(EventKind::operator_stop, "db") == "signal web 15");
  CHECK(world.happens(EventKind::operator_start, "db") == "");
  CHECK(world.phase("web") == "stopping");
  CHECK(world.ends("web", 0) == "release web, spawn web");
}

TEST_CASE("one that waits for two requirements comes back with the last of them") {
  World world({service("db"), service("cache"), service("log"),
               with(service("web"), {on(0, EdgeKind::requires_), on(1, EdgeKind::requires_),
                                     on(2, EdgeKind::wants)})});
  world.boot();
  world.happens(EventKind::operator_stop, "log");
  world.happens(EventKind::operator_stop, "cache");
  world.happens(EventKind::operator_stop, "db");
  for (const char* name : {"web", "log", "cache", "db"}) world.ends(name, 0);
  world.happens(EventKind::operator_start, "db");
  world.spawn_all();
  CHECK(world.phase("web") == "stopped");
  world.happens(EventKind::operator_start, "cache");
  world.spawn_all();
  CHECK(world.phase("web") == "running");
  // What it only wants, an operator has stopped.
  CHECK(world.phase("log") == "stopped");
}

TEST_CASE("it does not come back beside one that it conflicts with") {
  World world({service("db"), with(service("blue"), {on(0, EdgeKind::requires_)}),
               with(service("green"), {on(1, EdgeKind::conflicts)})});
  world.happens(EventKind::operator_start, "blue");
  world.spawn_all();
  world.happens(EventKind::operator_stop, "db");
  world.ends("blue", 0);
  world.ends("db", 0);
  world.happens(EventKind::operator_start, "green");
  world.spawn_all();
  world.happens(EventKind::operator_start, "db");
  world.spawn_all();
  CHECK(world.phase("blue") == "stopped");
  CHECK(world.phase("green") == "running");
}

TEST_CASE("after orders only what is on its way anyway") {
  World world({probed("db"), with(service("web"), {on(0, EdgeKind::after)})});
  CHECK(world.happens(EventKind::operator_start, "web") == "spawn web");
  CHECK(world.phase("db") == "stopped");
  World both({probed("db"), with(service("web"), {on(0, EdgeKind::after)})});
  CHECK(both.happens(EventKind::boot) == "spawn db");
  CHECK(both.happens(EventKind::operator_stop, "db") == "spawn web");
}

TEST_CASE("of two that conflict the one started last stays") {
  World world({service("blue"), with(service("green"), {on(0, EdgeKind::conflicts)})});
  world.happens(EventKind::operator_start, "blue");
  world.spawn_all();
  CHECK(world.happens(EventKind::operator_start, "green") == "signal blue 15");
  CHECK(world.phase("green") == "waiting");
  CHECK(world.reason("green") == "conflict");
  CHECK(world.ends("blue", 0) == "release blue, spawn green");
  CHECK(world.reason("blue") == "conflict");
  world.spawn_all();
  CHECK(world.happens(EventKind::operator_start, "blue") == "signal green 15");
}

TEST_CASE("part-of follows a stop and a restart, not a crash") {
  World world({service("app", ServiceType::group),
               with(service("web"), {on(0, EdgeKind::part_of), on(2, EdgeKind::after)}),
               with(service("db"), {on(0, EdgeKind::part_of)})});
  world.boot();
  CHECK(world.happens(EventKind::operator_restart, "app") == "signal web 15");
  CHECK(world.ends("web", 0) == "release web, signal db 15");
  CHECK(world.phase("web") == "waiting");
  CHECK(world.ends("db", 0) == "release db, spawn db");
  CHECK(world.happens(EventKind::spawned, "db") == "spawn web");
  CHECK(world.reason("web") == "part-of");
  world.spawn_all();
  world.happens(EventKind::operator_stop, "app");
  CHECK(world.phase("app") == "stopped");
  world.ends("web", 0);
  world.ends("db", 0);
  CHECK(world.phase("web") == "stopped");
  CHECK(world.reason("db") == "part-of");
}

TEST_CASE("a group is ready when its dependencies are") {
  World world(
      {with(service("app", ServiceType::group), {on(1, EdgeKind::requires_)}), probed("db")});
  world.boot();
  CHECK(world.phase("app") == "waiting");
  world.happens(EventKind::became_ready, "db");
  CHECK(world.phase("app") == "running");
}

TEST_CASE("a service with replicas is up while one of them is; the first start waits for all") {
  model::Service web = probed("web");
  web.replicas = 3;
  web.restart.policy = model::RestartPolicy::never;
  World world({web, with(service("lb"), {on(0, EdgeKind::requires_)})});
  world.boot();
  world.happens(EventKind::became_ready, "web@1");
  world.happens(EventKind::became_ready, "web@2");
  CHECK(world.phase("lb") == "waiting");
  CHECK(world.ends("web@3", 1) == "release web@3, spawn lb");
  world.spawn_all();
  world.happens(EventKind::operator_stop, "web@2");
  world.ends("web@2", 0);
  CHECK(world.phase("lb") == "running");
  world.ends("web@1", 1);
  CHECK(world.phase("lb") == "stopping");
  CHECK(world.reason("lb") == "requirement-failed");
}

TEST_CASE("fault row 62: no more starts at a time than allowed, first come first served") {
  model::Supervisor supervisor;
  supervisor.max_parallel_starts = 2;
  World world({probed("a"), probed("b"), probed("c"), probed("d")}, supervisor);
  CHECK(world.happens(EventKind::boot) == "spawn a, spawn b");
  CHECK(world.reason("c") == "start-slots");
  world.spawn_all();
  CHECK(world.happens(EventKind::became_ready, "b") == "spawn c");
  CHECK(world.spawn_fails("c", true, 11) == "release c, spawn d");
  CHECK(world.reason("d") == "boot");
}

TEST_CASE("on-failure starts another service once the first has failed for good") {
  model::Service job = service("job", ServiceType::task);
  job.on_failure = {ServiceId{1}};
  model::Service alarm = service("alarm", ServiceType::task);
  alarm.enabled = false;
  World world({job, alarm});
  world.boot();
  CHECK(world.ends("job", 1) == "release job, spawn alarm");
  CHECK(world.reason("alarm") == "on-failure-of");
  CHECK(world.cause("alarm") == "job");
}

TEST_CASE("all wants are known before the first start: after also holds for what is pulled in") {
  model::Service db = probed("db");
  db.enabled = false;
  World world({db, with(service("web"), {on(0, EdgeKind::after)}),
               with(service("app"), {on(0, EdgeKind::requires_)})});
  CHECK(world.happens(EventKind::boot) == "spawn db");
  CHECK(world.reason("web") == "requirement-waiting");
}

TEST_CASE("on-failure does not start what has failed itself, so it cannot go round for ever") {
  model::Service db = service("db", ServiceType::task);
  db.on_failure = {ServiceId{1}};
  model::Service alarm = with(service("alarm", ServiceType::task), {on(0, EdgeKind::requires_)});
  alarm.on_failure = {ServiceId{0}};
  alarm.enabled = false;
  World world({db, alarm});
  world.boot();
  CHECK(world.ends("db", 1) == "release db");
  CHECK(world.phase("alarm") == "failed");
  CHECK(world.reason("alarm") == "requirement-failed");
}

}  // namespace
}  // namespace stayd::core
