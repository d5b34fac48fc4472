// SPDX-License-Identifier: Apache-2.0
// What `stayd doctor` found, and how it is shown. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/output.h"

namespace stayd::app {

enum class Health : std::uint8_t {
  good,     ///< as it should be
  lesser,   ///< missing; what it was for is done in another way
  missing,  ///< missing, and stayd cannot do without
};

struct Finding {
  std::string_view name;  ///< one or two words, also the JSON's
  Health health = Health::good;
  std::string detail;       ///< what is there, or why it is not
  std::string consequence;  ///< what happens instead; empty when good
};

struct Diagnosis {
  std::string kernel;  ///< release
  std::vector<Finding> findings;
};

std::string render_diagnosis(const Diagnosis& diagnosis, const Style& style);
/// {"version": 1, "stayd": ..., "kernel": ..., "findings": [{"name", "health", "detail",
/// "consequence"}]} and a line feed.
std::string diagnosis_json(const Diagnosis& diagnosis);
std::string_view word(Health health);

}  // namespace stayd::app
