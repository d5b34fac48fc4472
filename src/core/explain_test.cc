// SPDX-License-Identifier: Apache-2.0
#include "core/explain.h"

#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::EdgeKind;
using model::ServiceType;

std::string chain(World& world, std::string_view name) {
  std::string text;
  for (const Link& link : explain(world.state(), world.catalog(), world.id(name))) {
    if (!text.empty()) text += std::string(" <- ") + word(link.reason) + " ";
    text += world.name(link.instance);
  }
  return text;
}

std::vector<model::Service> three_levels() {
  std::vector<model::Service> services{service("db"), service("api"), service("web")};
  services[1].dependencies = {on(0, EdgeKind::requires_)};
  services[2].dependencies = {on(1, EdgeKind::requires_)};
  return services;
}

TEST_CASE("why is web waiting? api waits for db, which is in backoff") {
  World world(three_levels());
  world.happens(EventKind::boot);
  world.spawn_fails("db", true, 11);
  CHECK(chain(world, "web") == "web <- requirement-waiting api <- requirement-waiting db");
  CHECK(chain(world, "db") == "db");
}

TEST_CASE("why has web failed? api failed with db") {
  std::vector<model::Service> services = three_levels();
  services[0].restart.policy = model::RestartPolicy::never;
  World world(services);
  world.boot();
  world.ends("db", 1);
  world.ends("web", 0);
  world.ends("api", 0);
  CHECK(chain(world, "web") == "web <- requirement-failed api <- requirement-failed db");
}

TEST_CASE("why does db not stop? api has to go first") {
  World world(three_levels());
  world.boot();
  world.happens(EventKind::operator_stop, "db");
  CHECK(chain(world, "db") == "db <- operator-stop api <- requirement-stopped web");
  CHECK(chain(world, "web") == "web <- requirement-stopped api <- requirement-stopped db");
}

TEST_CASE("the replica that is not ready yet is named") {
  std::vector<model::Service> services{service("web"), service("lb")};
  services[0].replicas = 3;
  services[0].ready.kind = model::ProbeKind::notify;
  services[1].dependencies = {on(0, EdgeKind::requires_)};
  World world(services);
  world.boot();
  world.happens(EventKind::became_ready, "web@1");
  world.happens(EventKind::became_ready, "web@2");
  CHECK(chain(world, "lb") == "lb <- requirement-waiting web@3");
}

TEST_CASE("what runs needs no explanation; a never started one neither") {
  std::vector<model::Service> services = three_levels();
  services[2].enabled = false;
  World world(services);
  world.boot();
  CHECK(chain(world, "api") == "api");
  CHECK(chain(world, "web") == "web");
}

}  // namespace
}  // namespace stayd::core
