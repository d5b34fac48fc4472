// SPDX-License-Identifier: Apache-2.0
// TOML 1.0 into a tree, by toml++; the only unit that includes it.
#pragma once

#include <optional>

#include "config/report.h"
#include "config/tree.h"

namespace stayd::config {

/// The whole of source number `number`, or none after one report of its first syntax error.
std::optional<Value> parse_toml(const Sources& sources, std::uint32_t number, Report& report);

}  // namespace stayd::config
