// SPDX-License-Identifier: Apache-2.0
// Services as a supervisor holds them, for tests: encoded, and their names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/spec_codec.h"
#include "runtime/names.h"

namespace stayd::runtime {

class HeldSpec {
 public:
  explicit HeldSpec(std::vector<model::Service> services)
      : bytes_(encoded(std::move(services))), spec(model::SpecView::open(bytes_).value()) {
    for (std::uint32_t i = 0; i < spec.service_count(); ++i)
      names.add(spec.service(ServiceId{i}).value());
    names.finish();
  }
  HeldSpec(const HeldSpec&) = delete;
  HeldSpec& operator=(const HeldSpec&) = delete;

 private:
  static std::string encoded(std::vector<model::Service> services) {
    model::Spec whole;
    whole.supervisor.name = "test";
    whole.services = std::move(services);
    return model::encode(whole);
  }
  std::string bytes_;

 public:
  model::SpecView spec;
  Names names;
};

/// One that can be started, as far as the configuration goes.
inline model::Service service_named(std::string name) {
  model::Service service{.name = std::move(name)};
  service.execution.executable = "/bin/true";
  service.execution.command = {"true"};
  service.execution.directory = "/";
  return service;
}

}  // namespace stayd::runtime
