// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "control/reply.h"
#include "os/files.h"

namespace stayd::control {
namespace {

std::string file_beside_the_sources(const std::string& path) {
  const std::string here = __FILE__;
  const std::string root = here.substr(0, std::min(here.rfind("src/control/"), here.size()));
  auto content = os::read_file((root == here ? "../" : root) + path, std::size_t{1} << 20U);
  REQUIRE(content.has_value());
  return std::move(*content);
}

}  // namespace

TEST_CASE("the interface served is the one in the documentation") {
  CHECK_EQ(interface_description(),
           file_beside_the_sources("docs/reference/dev.stayd.Supervisor.varlink"));
}

TEST_CASE("each method and each error has its place in the interface") {
  const std::string text(interface_description());
  for (int i = 0; i <= static_cast<int>(Method::shutdown); ++i) {
    const std::string_view full = full_name(static_cast<Method>(i));
    if (!full.starts_with(interface_name)) continue;
    const auto name = full.substr(interface_name.size() + 1);
    CAPTURE(name);
    CHECK(text.find("\nmethod " + std::string(name) + "(") != std::string::npos);
  }
  for (const std::string name : {"NoSuchService", "NotPermitted", "ShuttingDown",
                                 "TooManyConnections", "MalformedMessage"}) {
    CHECK(text.find("\nerror " + name + " (") != std::string::npos);
  }
}

}  // namespace stayd::control
