// SPDX-License-Identifier: Apache-2.0
#include "core/catalog.h"

#include <doctest/doctest.h>

#include "core/test_world.h"

namespace stayd::core {
namespace {

using model::EdgeKind;

Status finish(const std::vector<model::Service>& services) {
  Catalog catalog;
  for (const model::Service& made : services) catalog.add(made);
  return catalog.finish({});
}

TEST_CASE("a dependency cycle is refused with its path, without what only led there") {
  std::vector<model::Service> services{service("entry"), service("web"), service("db"),
                                       service("cache")};
  services[0].dependencies = {on(1, EdgeKind::wants)};
  services[1].dependencies = {on(2, EdgeKind::requires_)};
  services[2].dependencies = {on(3, EdgeKind::after)};
  services[3].dependencies = {on(1, EdgeKind::wants)};
  const Status status = finish(services);
  REQUIRE(!status.has_value());
  CHECK(status.error().message.starts_with("dependency cycle: web -> db -> cache -> web "));
}

TEST_CASE("conflicts and part-of in both directions are no cycle") {
  std::vector<model::Service> services{service("a"), service("b")};
  services[0].dependencies = {on(1, EdgeKind::conflicts), on(1, EdgeKind::part_of)};
  services[1].dependencies = {on(0, EdgeKind::conflicts), on(0, EdgeKind::part_of)};
  CHECK(finish(services).has_value());
}

TEST_CASE("a service that could never start is refused") {
  std::vector<model::Service> services{service("a"), service("b")};
  services[0].dependencies = {on(1, EdgeKind::requires_), on(1, EdgeKind::conflicts)};
  Status status = finish(services);
  REQUIRE(!status.has_value());
  CHECK(status.error().message == "a requires and conflicts with b: it could never start");
  services[0].dependencies = {on(0, EdgeKind::after)};
  status = finish(services);
  REQUIRE(!status.has_value());
  CHECK(status.error().message == "a depends on itself");
  services[0].dependencies = {on(7, EdgeKind::after)};
  CHECK(!finish(services).has_value());
}

TEST_CASE("a chain of 10,000 services is checked without recursion") {
  std::vector<model::Service> services;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    services.push_back(service("s" + std::to_string(i)));
    if (i != 0) services.back().dependencies = {on(i - 1, EdgeKind::requires_)};
  }
  CHECK(finish(services).has_value());
  services[0].dependencies = {on(9'999, EdgeKind::requires_)};
  CHECK(!finish(services).has_value());
}

TEST_CASE("instances are numbered through, edges are known from both ends") {
  std::vector<model::Service> services{service("web"), service("db"), service("lb")};
  services[0].replicas = 3;
  services[0].dependencies = {on(1, EdgeKind::requires_)};
  services[2].dependencies = {on(0, EdgeKind::wants), on(1, EdgeKind::after)};
  Catalog catalog;
  for (const model::Service& made : services) catalog.add(made);
  REQUIRE(catalog.finish({}).has_value());
  CHECK(catalog.instance_count() == 5);
  CHECK(catalog.service_of(InstanceId{2}) == ServiceId{0});
  CHECK(catalog.replica_of(InstanceId{2}) == 3);
  CHECK(catalog.replica_of(InstanceId{3}) == 1);
  REQUIRE(catalog.dependents(ServiceId{1}).size() == 2);
  CHECK(catalog.dependents(ServiceId{1})[0].other == ServiceId{0});
  CHECK(catalog.dependents(ServiceId{1})[1].other == ServiceId{2});
  CHECK(catalog.dependents(ServiceId{2}).empty());
}

}  // namespace
}  // namespace stayd::core
