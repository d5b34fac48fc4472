// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::EdgeKind;
using model::ExitWhen;
using model::ServiceType;

Event shutdown(std::int32_t signal) { return Event{.kind = EventKind::shutdown, .signal = signal}; }

model::Supervisor foreground(ExitWhen when = ExitWhen::never) {
  model::Supervisor supervisor;
  supervisor.foreground = true;
  supervisor.exit_when = when;
  return supervisor;
}

std::vector<model::Service> three_levels() {
  std::vector<model::Service> services{service("db"), service("api"), service("web")};
  services[1].dependencies = {on(0, EdgeKind::requires_)};
  services[2].dependencies = {on(1, EdgeKind::wants)};
  return services;
}

TEST_CASE("fault row 84: shutdown goes in reverse order and ends with leave") {
  World world(three_levels(), foreground());
  world.boot();
  CHECK(world.happens(shutdown(15)) == "signal web 15");
  CHECK(world.ends("web", 0) == "release web, signal api 15");
  CHECK(world.after(seconds(10)) == "kill api");
  CHECK(world.dies("api", 9) == "await-empty api");
  CHECK(world.happens(EventKind::emptied, "api") == "release api, signal db 15");
  CHECK(world.ends("db", 0) == "release db, leave 0");
  CHECK(world.happens(EventKind::operator_start, "web") == "");
}

TEST_CASE("a second signal kills everything now, in any order") {
  World world(three_levels(), foreground());
  world.boot();
  world.happens(shutdown(2));
  CHECK(world.happens(shutdown(2)) == "kill db, kill api, kill web");
  for (const char* name : {"db", "api"}) {
    world.dies(name, 9);
    world.happens(EventKind::emptied, name);
  }
  world.dies("web", 9);
  CHECK(world.happens(EventKind::emptied, "web") == "release web, leave 130");
}

TEST_CASE("after the shutdown-timeout everything left is killed") {
  model::Supervisor supervisor = foreground();
  supervisor.shutdown_timeout = seconds(5);
  World world(three_levels(), supervisor);
  world.boot();
  world.happens(shutdown(15));
  CHECK(world.after(seconds(5)) == "kill db, kill api, kill web");
  CHECK(world.after(milliseconds(100)) == "kill db, kill api, kill web");
}

TEST_CASE("exit code of a shutdown: 0 after TERM, a request or in the background, 130 after INT") {
  CHECK(World({service("a")}, foreground()).happens(shutdown(15)) == "leave 0");
  CHECK(World({service("a")}, foreground()).happens(shutdown(0)) == "leave 0");
  CHECK(World({service("a")}, foreground()).happens(shutdown(2)) == "leave 130");
  CHECK(World({service("a")}, {}).happens(shutdown(2)) == "leave 0");
}

TEST_CASE("starts are not finished and restarts not made in a shutdown") {
  World world({service("web")}, foreground());
  world.happens(EventKind::boot);
  CHECK(world.happens(shutdown(15)) == "");
  CHECK(world.happens(EventKind::spawned, "web") == "signal web 15");
  CHECK(world.happens(EventKind::operator_restart, "web") == "");
  CHECK(world.ends("web", 1) == "release web, leave 0");
}

TEST_CASE("an essential service ends the supervisor with its own status") {
  std::vector<model::Service> services{service("job", ServiceType::task), service("web")};
  services[0].essential = true;
  World world(services, foreground());
  world.boot();
  CHECK(world.ends("job", 7) == "release job, signal web 15");
  CHECK(world.ends("web", 0) == "release web, leave 7");
}

TEST_CASE("an essential service killed by a signal: 128 + N") {
  std::vector<model::Service> services{service("job", ServiceType::task)};
  services[0].essential = true;
  World world(services, foreground());
  world.boot();
  world.dies("job", 11);
  CHECK(world.happens(EventKind::emptied, "job") == "release job, leave 139");
}

TEST_CASE("on-failure = shutdown") {
  std::vector<model::Service> services{service("job", ServiceType::task)};
  services[0].on_failure_shutdown = true;
  World well(services, foreground());
  well.boot();
  CHECK(well.ends("job", 0) == "release job");
  World badly(services, foreground());
  badly.boot();
  CHECK(badly.ends("job", 3) == "release job, leave 3");
}

TEST_CASE("exit-when all-done: when the last has ended by itself; 0 or the first failure") {
  std::vector<model::Service> services{service("a", ServiceType::task),
                                       service("b", ServiceType::task)};
  World well(services, foreground(ExitWhen::all_done));
  well.boot();
  CHECK(well.ends("a", 0) == "release a");
  CHECK(well.ends("b", 0) == "release b, leave 0");
  World badly(services, foreground(ExitWhen::all_done));
  badly.boot();
  badly.ends("a", 5);
  CHECK(badly.ends("b", 0) == "release b, leave 5");
}

TEST_CASE("exit-when all-done: what an operator stopped can be started again") {
  std::vector<model::Service> services{service("a", ServiceType::task),
                                       service("b", ServiceType::task)};
  World world(services, foreground(ExitWhen::all_done));
  world.boot();
  world.happens(EventKind::operator_stop, "a");
  CHECK(world.ends("a", 0) == "release a");
  CHECK(world.ends("b", 0) == "release b");
  world.happens(EventKind::operator_start, "a");
  world.spawn_all();
  CHECK(world.ends("a", 0) == "release a, leave 0");
}

TEST_CASE("exit-when all-done does not wait for what was only pulled in, nor for groups") {
  std::vector<model::Service> services{service("job", ServiceType::task), service("db"),
                                       service("all", ServiceType::group)};
  services[0].dependencies = {on(1, EdgeKind::requires_)};
  services[1].enabled = false;
  World world(services, foreground(ExitWhen::all_done));
  world.boot();
  CHECK(world.ends("job", 0) == "release job, signal db 15");
  CHECK(world.ends("db", 0) == "release db, leave 0");
}

TEST_CASE("exit-when any-exits: the first that ends for good takes all with its status") {
  std::vector<model::Service> services{service("web"), service("worker")};
  for (model::Service& made : services) made.restart.policy = model::RestartPolicy::never;
  World world(services, foreground(ExitWhen::any_exits));
  world.boot();
  CHECK(world.ends("worker", 4) == "release worker, signal web 15");
  CHECK(world.ends("web", 0) == "release web, leave 4");
}

TEST_CASE("exit-when any-fails: a good end does not count") {
  std::vector<model::Service> services{service("a", ServiceType::task),
                                       service("b", ServiceType::task)};
  World world(services, foreground(ExitWhen::any_fails));
  world.boot();
  CHECK(world.ends("a", 0) == "release a");
  CHECK(world.ends("b", 6) == "release b, leave 6");
}

TEST_CASE("stayd run passes the command's own status on, also after TERM") {
  model::Supervisor supervisor = foreground(ExitWhen::all_done);
  supervisor.pass_status = true;
  model::Service made = service("sleepy");
  World world({made}, supervisor);
  world.boot();
  world.happens(shutdown(15));
  world.dies("sleepy", 15);
  CHECK(world.happens(EventKind::emptied, "sleepy") == "release sleepy, leave 143");

  World missing({made}, supervisor);
  missing.happens(EventKind::boot);
  CHECK(missing.spawn_fails("sleepy", false, 2) == "release sleepy, leave 127");
  World refused({made}, supervisor);
  refused.happens(EventKind::boot);
  CHECK(refused.spawn_fails("sleepy", false, 13) == "release sleepy, leave 126");
}

TEST_CASE("what is about to start is not started when the same event ends the supervisor") {
  std::vector<model::Service> services{service("job", ServiceType::task), service("next")};
  services[0].essential = true;
  services[1].dependencies = {on(0, EdgeKind::after, model::Condition::done)};
  World world(services, foreground());
  world.boot();
  CHECK(world.ends("job", 0) == "release job, leave 0");
}

}  // namespace
}  // namespace stayd::core
