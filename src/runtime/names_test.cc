// SPDX-License-Identifier: Apache-2.0
#include "runtime/names.h"

#include <doctest/doctest.h>

#include "runtime/spec_test_support.h"

namespace stayd::runtime {
namespace {

Names three_services() {
  Names names;
  model::Service web;
  web.name = "web";
  web.numbered = true;
  web.replicas = 12;
  model::Service db;
  db.name = "db";
  model::Service web_cache;
  web_cache.name = "web-cache";
  for (const auto& service : {web, db, web_cache}) names.add(service);
  names.finish();
  return names;
}

std::vector<std::string> chosen(const Names& names, std::vector<std::string> wanted) {
  std::vector<InstanceId> ids;
  REQUIRE(names.choose(wanted, ids).has_value());
  std::vector<std::string> found;
  found.reserve(ids.size());
  for (const InstanceId id : ids) found.push_back(names.instance(id));
  return found;
}

TEST_CASE("instances are named by their service and, where it is numbered, their replica") {
  const Names names = three_services();
  CHECK(names.instance_count() == 14);
  CHECK(names.instance(InstanceId{0}) == "web@1");
  CHECK(names.instance(InstanceId{11}) == "web@12");
  CHECK(names.instance(InstanceId{12}) == "db");
  CHECK(names.service_of(InstanceId{13}) == "web-cache");
  CHECK(names.widest() == 9);
}

TEST_CASE("an instance's service is decoded with the texts of its replica") {
  std::vector<model::Service> services{service_named("db"), service_named("web")};
  services[1].numbered = true;
  services[1].replicas = 3;
  for (model::Service& service : services) service.execution.port_base = 5000;
  const HeldSpec held(std::move(services));
  const auto port = [&](std::uint32_t id) {
    return service_of(held.spec, held.names, InstanceId{id}).value().execution.environment.back();
  };
  CHECK(port(0) == "PORT=5000");
  CHECK(port(1) == "PORT=5000");
  CHECK(port(3) == "PORT=5002");
}

TEST_CASE("an instance is found by exactly its name") {
  const Names names = three_services();
  CHECK(names.find("web@12") == InstanceId{11});
  CHECK(names.find("db") == InstanceId{12});
  for (const char* wrong : {"web", "web@0", "web@13", "web@01", "web@", "web@1x", "db@1", "", "@1",
                            "web@4294967297", "d"})
    CHECK(names.find(wrong) == no_instance);
}

TEST_CASE("a service's name chooses all of its instances, a glob what it matches, each once") {
  const Names names = three_services();
  CHECK(chosen(names, {"web"}).size() == 12);
  CHECK(chosen(names, {"db", "web@2", "db", "web@2"}) == std::vector<std::string>{"web@2", "db"});
  CHECK(chosen(names, {"web@1?"}) == std::vector<std::string>{"web@10", "web@11", "web@12"});
  CHECK(chosen(names, {}).size() == 14);
}

TEST_CASE("the first name that chooses nothing is told, and what may have been meant") {
  const Names names = three_services();
  std::vector<InstanceId> ids;
  const std::vector<std::string> wanted{"db", "wbe-cache", "nothing"};
  const auto result = names.choose(wanted, ids);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error() == 1);
  CHECK(names.nearest_to("wbe-cache") == "web-cache");
  CHECK(names.nearest_to("quite-another").empty());
}

}  // namespace
}  // namespace stayd::runtime
