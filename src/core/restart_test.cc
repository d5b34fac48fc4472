// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::RestartPolicy;
using model::ServiceType;

World one(model::Service made) {
  World world({std::move(made)});
  world.boot();
  return world;
}

TEST_CASE("a service that dies is started again at once, then after growing delays") {
  World world = one(service("web"));
  CHECK(world.exits("web", 1) == "await-empty web, terminate-rest web");
  CHECK(world.phase("web") == "cleaning");
  CHECK(world.happens(EventKind::emptied, "web") == "release web, spawn web");
  CHECK(world.reason("web") == "exited");
  for (const Duration delay : {milliseconds(100), milliseconds(200), milliseconds(400)}) {
    world.spawn_all();
    CHECK(world.ends("web", 1) == "release web");
    CHECK(world.phase("web") == "backoff");
    CHECK(world.reason("web") == "restart-delay");
    CHECK(world.until_deadline() == delay);
    CHECK(world.after(delay - nanoseconds(1)) == "");
    CHECK(world.after(nanoseconds(1)) == "spawn web");
  }
  CHECK(world.of("web").restarts == 4);
}

TEST_CASE("the delay is capped, also after thousands of restarts") {
  model::Service made = service("web");
  made.restart.jitter = 0.1;
  World world = one(std::move(made));
  for (int i = 0; i < 3000; ++i) {
    world.ends("web", 1);
    if (world.phase("web") == "backoff") {
      CHECK(world.until_deadline() <= seconds(30));
      world.after(world.until_deadline());
    }
    world.spawn_all();
  }
  world.ends("web", 1);
  CHECK(world.until_deadline() >= seconds(27));
}

TEST_CASE("jitter spreads the delays of services that fail together") {
  std::vector<model::Service> services;
  for (int i = 0; i < 20; ++i) {
    services.push_back(service("s" + std::to_string(i)));
    services.back().restart.jitter = 0.5;
  }
  World world(services);
  world.boot();
  std::vector<Instant> due;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) world.ends("s" + std::to_string(i), 1);
    world.spawn_all();
  }
  for (int i = 0; i < 20; ++i) {
    const InstanceState& instance = world.of("s" + std::to_string(i));
    const Duration delay = instance.deadlines[0] - instance.since;
    CHECK(delay >= milliseconds(50));
    CHECK(delay <= milliseconds(150));
    due.push_back(instance.deadlines[0]);
  }
  CHECK(std::ranges::count(due, due.front()) == 1);
}

TEST_CASE("after a healthy run the next restart is immediate again") {
  World world = one(service("web"));
  world.ends("web", 1);
  world.spawn_all();
  world.after(seconds(10));
  CHECK(world.ends("web", 1) == "release web, spawn web");
  CHECK(world.of("web").restarts == 2);
}

TEST_CASE("too many restarts within the interval: failed until an operator starts it") {
  model::Service made = service("web");
  made.restart.limit = 2;
  made.restart.delay = {};
  World world = one(std::move(made));
  for (int i = 0; i < 2; ++i) {
    CHECK(world.ends("web", 1) == "release web, spawn web");
    world.spawn_all();
  }
  CHECK(world.ends("web", 1) == "release web");
  CHECK(world.phase("web") == "failed");
  CHECK(world.reason("web") == "restart-limit");
  CHECK(world.after(seconds(3600)) == "");
  CHECK(world.happens(EventKind::operator_start, "web") == "spawn web");
  CHECK(world.of("web").restarts == 0);
}

TEST_CASE("restarts that are further apart than the interval do not add up") {
  model::Service made = service("web");
  made.restart.limit = 1;
  made.restart.delay = {};
  World world = one(std::move(made));
  for (int i = 0; i < 5; ++i) {
    CHECK(world.ends("web", 1) == "release web, spawn web");
    world.spawn_all();
    world.after(seconds(61));
  }
}

TEST_CASE("the interval of the limit slides with the restarts") {
  model::Service made = service("web");
  made.restart.limit = 2;
  made.restart.delay = {};
  World world = one(std::move(made));
  // The second and the third are in another minute than the first, but within one.
  for (const Duration pause : {seconds(10), seconds(50), seconds(20)}) {
    world.after(pause);
    CHECK(world.phase("web") == "running");
    world.ends("web", 1);
    world.spawn_all();
  }
  CHECK(world.phase("web") == "running");
  world.after(seconds(20));
  world.ends("web", 1);
  CHECK(world.phase("web") == "failed");
  CHECK(world.reason("web") == "restart-limit");
}

TEST_CASE("restart policies") {
  model::Service made = service("job");
  made.restart.success_codes = {0, 3};
  SUBCASE("on-failure ends well with any success code") {
    made.restart.policy = RestartPolicy::on_failure;
    World world = one(made);
    world.ends("job", 3);
    CHECK(world.phase("job") == "done");
    CHECK(world.reason("job") == "policy-no-restart");
  }
  SUBCASE("on-failure restarts after another code and after a signal") {
    made.restart.policy = RestartPolicy::on_failure;
    World world = one(made);
    CHECK(world.ends("job", 1) == "release job, spawn job");
    world.spawn_all();
    world.dies("job", 11);
    CHECK(world.happens(EventKind::emptied, "job") == "release job");
    CHECK(world.phase("job") == "backoff");
  }
  SUBCASE("never, by how it ended") {
    made.restart.policy = RestartPolicy::never;
    World well = one(made);
    well.ends("job", 0);
    CHECK(well.phase("job") == "done");
    World badly = one(made);
    badly.ends("job", 9);
    CHECK(badly.phase("job") == "failed");
  }
  SUBCASE("a code that is not worth a retry") {
    World world = one(made);
    world.ends("job", 78);
    CHECK(world.phase("job") == "failed");
    CHECK(world.reason("job") == "never-restart-code");
  }
}

TEST_CASE("a task that completed is done, one that failed is failed") {
  World well = one(service("migrate", ServiceType::task));
  CHECK(well.phase("migrate") == "running");
  well.ends("migrate", 0);
  CHECK(well.phase("migrate") == "done");
  CHECK(well.reason("migrate") == "task-done");
  World badly = one(service("migrate", ServiceType::task));
  badly.ends("migrate", 1);
  CHECK(badly.phase("migrate") == "failed");
}

TEST_CASE("fault row 33: a start without resources is tried again within a second, for ever") {
  model::Service made = service("web");
  made.restart.limit = 1;
  World world({made});
  world.happens(EventKind::boot);
  Duration waited{};
  while (waited < seconds(6)) {
    CHECK(world.spawn_fails("web", true, 11) == "release web");
    CHECK(world.reason("web") == "resource-retry");
    const Duration delay = world.until_deadline();
    CHECK(delay <= seconds(1));
    waited = waited + delay;
    CHECK(world.after(delay) == "spawn web");
  }
  world.spawn_all();
  CHECK(world.phase("web") == "running");
  CHECK(world.of("web").restarts == 0);
  CHECK(world.of("web").last_failure.number == 0);
}

TEST_CASE("what cannot be started fails at once; what ran before is tried again") {
  World world({service("web")});
  world.happens(EventKind::boot);
  CHECK(world.spawn_fails("web", false, 2) == "release web");
  CHECK(world.phase("web") == "failed");
  CHECK(world.reason("web") == "spawn-failed");
  CHECK(world.of("web").last_failure.number == 2);

  world.happens(EventKind::operator_start, "web");
  world.spawn_all();
  world.ends("web", 1);
  world.spawn_fails("web", false, 2);
  CHECK(world.phase("web") == "backoff");
}

TEST_CASE("a start that fails again and again waits longer each time, even without a delay") {
  model::Service made = service("web");
  made.restart.delay = {};
  made.restart.max_delay = {};
  made.restart.limit = 0;
  World world = one(std::move(made));
  CHECK(world.ends("web", 1) == "release web, spawn web");
  for (int failures = 1; failures <= 12; ++failures) {
    CHECK(world.spawn_fails("web", false, 2) == "release web");
    CHECK(world.until_deadline() == milliseconds(std::min(100 * failures, 1000)));
    CHECK(world.after(world.until_deadline()) == "spawn web");
  }
  world.spawn_all();
  CHECK(world.ends("web", 1) == "release web, spawn web");
}

TEST_CASE("fault row 63: ready never comes, comes late, comes twice") {
  model::Service made = service("web");
  made.ready.kind = model::ProbeKind::notify;
  made.ready.timeout = seconds(5);
  World world({made});
  world.happens(EventKind::boot);
  CHECK(world.happens(EventKind::spawned, "web") == "watch-ready web");
  CHECK(world.phase("web") == "starting");
  CHECK(world.after(seconds(5)) == "unwatch-ready web, signal web 15");
  CHECK(world.reason("web") == "ready-timeout");
  CHECK(world.happens(EventKind::became_ready, "web") == "");
  world.exits("web", 0);
  CHECK(world.happens(EventKind::emptied, "web") == "release web, spawn web");
  CHECK(world.of("web").restarts == 1);

  world.happens(EventKind::spawned, "web");
  CHECK(world.happens(EventKind::became_ready, "web") == "");
  CHECK(world.phase("web") == "running");
  CHECK(world.happens(EventKind::became_ready, "web") == "");
  CHECK(world.outcome().touched.empty());
}

TEST_CASE("that a run was not ready in time is known until the next one begins") {
  model::Service made = service("web");
  made.ready.kind = model::ProbeKind::notify;
  made.ready.timeout = seconds(5);
  made.restart.policy = model::RestartPolicy::never;
  World world({made});
  world.happens(EventKind::boot);
  world.happens(EventKind::spawned, "web");
  world.after(seconds(5));
  world.exits("web", 0);
  world.happens(EventKind::emptied, "web");
  CHECK(world.phase("web") == "failed");
  CHECK(world.of("web").start_timed_out);
  world.happens(EventKind::operator_start, "web");
  CHECK_FALSE(world.of("web").start_timed_out);
}

}  // namespace
}  // namespace stayd::core
