// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "config/keys.h"

namespace stayd::config {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("help config names every key of every section") {
  const std::string all = help_overview();
  for (const SectionInfo& section : sections()) {
    CHECK(has(all, section.heading));
    for (const Key& key : section.keys) CHECK(has(all, "\n  " + std::string(key.name) + " "));
  }
}

TEST_CASE("help config KEY tells of every key, by its name and by its section") {
  for (const SectionInfo& section : sections()) {
    for (const Key& key : section.keys) {
      if (key.type == ValueType::table) continue;
      const auto by_name = help_for(key.name);
      REQUIRE(by_name);
      CHECK(has(*by_name, key.meaning));
      if (section.key.empty()) continue;
      const auto by_path = help_for(std::string(section.key) + "." + std::string(key.name));
      REQUIRE(by_path);
      CHECK(has(*by_path, key.meaning));
    }
  }
}

TEST_CASE("help config SECTION lists the keys of the section") {
  for (const SectionInfo& section : sections()) {
    if (section.key.empty()) continue;
    const auto text = help_for(section.key);
    REQUIRE(text);
    for (const Key& key : section.keys) CHECK(has(*text, "\n  " + std::string(key.name) + " "));
  }
}

TEST_CASE("help config says the default and the option of stayd run") {
  const auto text = help_for("restart.delay");
  REQUIRE(text);
  CHECK(has(*text, "Default:  \"100ms\"\n"));
  CHECK(has(*text, "Option:   stayd run --delay\n"));
}

TEST_CASE("help config knows no key of another section, and no made-up one") {
  CHECK(help_for("restart.command") == std::nullopt);
  CHECK(help_for("no-such-key") == std::nullopt);
  CHECK(help_for("restart.") == std::nullopt);
  CHECK(help_for("") == std::nullopt);
}

}  // namespace
}  // namespace stayd::config
