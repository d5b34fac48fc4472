// SPDX-License-Identifier: Apache-2.0
#include "control/names.h"

#include <doctest/doctest.h>

#include <vector>

namespace stayd::control {

TEST_CASE("a name is an instance, a service with all of its instances, or a glob") {
  CHECK(chooses("web@2", "web", "web@2"));
  CHECK_FALSE(chooses("web@2", "web", "web@1"));
  CHECK(chooses("web", "web", "web@1"));
  CHECK(chooses("web@*", "web", "web@1"));
  CHECK(chooses("w*", "web", "web"));
  CHECK(chooses("web@[12]", "web", "web@2"));
  CHECK_FALSE(chooses("db*", "web", "web"));
}

TEST_CASE("an instance's name has its service's before the sign") {
  CHECK(service_of("web@2") == "web");
  CHECK(service_of("web") == "web");
  CHECK(service_of("@events") == "@events");
  CHECK(service_of("") == "");
}

TEST_CASE("no names choose everything") {
  const std::vector<std::string> names{"db", "web@1"};
  CHECK(is_chosen({}, "web", "web@1"));
  CHECK(is_chosen(names, "web", "web@1"));
  CHECK_FALSE(is_chosen(names, "web", "web@2"));
}

}  // namespace stayd::control
