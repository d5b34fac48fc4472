// SPDX-License-Identifier: Apache-2.0
#include "runtime/services.h"

#include <doctest/doctest.h>

#include "runtime/spec_test_support.h"

namespace stayd::runtime {
namespace {

TEST_CASE("the service of an instance that is started again is not decoded again, nor another's") {
  model::Service web = service_named("web");
  web.numbered = true;
  web.replicas = 20;
  web.execution.port_base = 5000;
  const HeldSpec held({web});
  Services services(held.spec, held.names);
  const auto first = services.of(InstanceId{0}).value();
  CHECK(services.of(InstanceId{0}).value() == first);
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t id = 0; id < 20; ++id) {
      const auto service = services.of(InstanceId{id}).value();
      CHECK(service->execution.environment.back() == "PORT=" + std::to_string(5000 + id));
    }
  }
  CHECK(services.of(InstanceId{0}).value() != first);  // others took its place
  CHECK(first->execution.environment.back() == "PORT=5000");
}

}  // namespace
}  // namespace stayd::runtime
