// SPDX-License-Identifier: Apache-2.0
#include "core/step.h"

#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::EdgeKind;

TEST_CASE("events of an earlier run and doubled events change nothing") {
  World world({service("web")});
  world.boot();
  const Event old_exit = world.about(EventKind::main_exited, "web");
  const Event old_emptied = world.about(EventKind::emptied, "web");
  world.happens(old_exit);
  CHECK(world.happens(old_exit) == "");
  world.happens(old_emptied);
  CHECK(world.phase("web") == "preparing");
  CHECK(world.happens(old_emptied) == "");
  const Event spawned = world.about(EventKind::spawned, "web");
  world.happens(spawned);
  for (const Event& event : {old_exit, old_emptied, spawned}) {
    CHECK(world.happens(event) == "");
    CHECK(world.outcome().touched.empty());
  }
  CHECK(world.phase("web") == "running");
}

TEST_CASE("a change is announced once a step, with the phase before it") {
  World world({service("web")});
  world.happens(EventKind::boot);
  world.happens(EventKind::spawned, "web");
  REQUIRE(world.outcome().actions.size() == 1);
  CHECK(world.outcome().actions[0].kind == ActionKind::announce);
  CHECK(world.outcome().actions[0].before == Phase::preparing);
  CHECK(world.phase("web") == "running");
  CHECK(world.outcome().touched.size() == 1);
}

TEST_CASE("runs are numbered through all instances and never again") {
  World world({service("a"), service("b")});
  world.boot();
  CHECK(number_of(world.of("a").run) == 1);
  CHECK(number_of(world.of("b").run) == 2);
  world.ends("a", 0);
  CHECK(number_of(world.of("a").run) == 3);
}

/// The ledger's copy goes into a new supervisor.
void take_over(World& world) {
  const std::vector<InstanceState> ledger(world.state().instances().begin(),
                                          world.state().instances().end());
  const SupervisorState supervisor = world.state().supervisor();
  world.state().restore(supervisor, ledger, world.catalog());
}

TEST_CASE("after a take-over what asks for an answer is asked again") {
  model::Service starting = service("starting");
  starting.ready.kind = model::ProbeKind::notify;
  World world({service("running"), starting, service("stopping"), service("cleaning")});
  world.boot();
  world.happens(EventKind::operator_stop, "stopping");
  world.exits("cleaning", 1);
  take_over(world);
  CHECK(world.happens(EventKind::resumed) ==
        "watch-ready starting, signal stopping 15, await-empty cleaning, terminate-rest cleaning");
  CHECK(world.phase("running") == "running");
  CHECK(world.after(seconds(10)) == "kill stopping, kill cleaning");
}

TEST_CASE("a spawn of which nothing was found after a take-over is made again, as a new run") {
  World world({service("web")});
  world.happens(EventKind::boot);
  take_over(world);
  CHECK(world.happens(EventKind::resumed) == "release web, spawn web");
  CHECK(number_of(world.of("web").run) == 2);
}

TEST_CASE("exits that are found after a take-over are handled as any other") {
  World world({service("db"), service("web")});
  world.boot();
  take_over(world);
  CHECK(world.happens(EventKind::emptied, "db") == "release db, spawn db");
  CHECK(world.of("db").last_exit.kind == ExitKind::unknown);
  CHECK(world.exits("web", 3) == "await-empty web, terminate-rest web");
  CHECK(world.of("web").last_exit.value == 3);
}

TEST_CASE("a spawn whose process had already ended when it was found") {
  World world({service("web")});
  world.happens(EventKind::boot);
  take_over(world);
  CHECK(world.exits("web", 3) == "await-empty web, terminate-rest web");
  CHECK(world.happens(EventKind::emptied, "web") == "release web, spawn web");
}

TEST_CASE("a shutdown goes on after a take-over, and leave is given again") {
  std::vector<model::Service> services{service("db"), service("web")};
  services[1].dependencies = {on(0, EdgeKind::requires_)};
  World world(services);
  world.boot();
  world.happens(EventKind::shutdown);
  take_over(world);
  CHECK(world.happens(EventKind::resumed) == "signal web 15");
  CHECK(world.ends("web", 0) == "release web, signal db 15");
  CHECK(world.ends("db", 0) == "release db, leave 0");
  take_over(world);
  CHECK(world.happens(EventKind::resumed) == "leave 0");
}

TEST_CASE("a first start that did not reach every slot of the ledger is carried through") {
  std::vector<model::Service> services{service("web"), service("db"), service("off"),
                                       service("late")};
  services[0].dependencies = {on(1, EdgeKind::requires_)};
  services[1].enabled = services[2].enabled = false;
  World world(services);
  world.happens(EventKind::boot);
  std::vector<InstanceState> ledger(world.catalog().instance_count());
  ledger[0] = world.of("web");
  world.state().restore(world.state().supervisor(), ledger, world.catalog());
  CHECK(world.happens(EventKind::resumed) == "spawn db, spawn late");
  world.spawn_all();
  CHECK(world.phase("web") == "running");
  CHECK(world.phase("off") == "stopped");
}

TEST_CASE("orphans are counted for the service that they are of, until it is started anew") {
  World world({service("web")});
  world.boot();
  world.happens(EventKind::orphan_reaped, "web");
  world.happens(EventKind::orphan_reaped, "web");
  CHECK(world.outcome().touched.size() == 1);  // so that the ledger and watchers hear of it
  world.happens(EventKind::orphan_reaped);
  CHECK(world.of("web").orphans == 2);
  CHECK(world.state().supervisor().orphans == 1);
  world.ends("web", 1);
  world.spawn_all();
  CHECK(world.of("web").orphans == 2);
  world.happens(EventKind::operator_restart, "web");
  world.ends("web", 0);
  CHECK(world.of("web").orphans == 0);
}

TEST_CASE("deadlines outlive a take-over") {
  World world({service("web")});
  world.boot();
  world.ends("web", 1);
  world.spawn_all();
  world.ends("web", 1);
  REQUIRE(world.phase("web") == "backoff");
  take_over(world);
  CHECK(world.until_deadline() == milliseconds(100));
  CHECK(world.happens(EventKind::resumed) == "");
  CHECK(world.after(milliseconds(100)) == "spawn web");
}

TEST_CASE("an instance's state stays small: it is a ledger slot, and there are thousands") {
  CHECK(sizeof(InstanceState) <= 232);
}

TEST_CASE("what the facts of a take-over start is not started again by the end of them") {
  model::Service db = service("db");
  std::vector<model::Service> services{db, service("web")};
  services[1].dependencies = {on(0, EdgeKind::requires_)};
  World world(services);
  world.happens(EventKind::boot);
  take_over(world);
  CHECK(world.happens(EventKind::spawned, "db") == "spawn web");
  CHECK(world.happens(EventKind::resumed) == "");
}

TEST_CASE("a shutdown that reached only a part of the ledger reaches all after a take-over") {
  World world({service("a"), service("b")});
  world.boot();
  std::vector<InstanceState> ledger(world.state().instances().begin(),
                                    world.state().instances().end());
  world.happens(EventKind::shutdown);
  ledger[0] = world.of("a");
  const SupervisorState supervisor = world.state().supervisor();
  world.state().restore(supervisor, ledger, world.catalog());
  CHECK(world.happens(EventKind::resumed) == "signal a 15, signal b 15");
}

}  // namespace
}  // namespace stayd::core
