// SPDX-License-Identifier: Apache-2.0
// Files of NAME=VALUE lines: env-files, and a Procfile's .env.
//
//   # a comment            values are taken as they are: nothing is expanded
//   export NAME=value      `export` is skipped; blanks around the value are not part of it
//   NAME='as it is'        a quoted value may hold blanks and #; "..." knows \n \t \r \" \\ \$
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/report.h"

namespace stayd::config {

using Assignments = std::vector<std::pair<std::string, std::string>>;

/// All lines of a source; wrong ones are reported.
Assignments parse_env_file(const Sources& sources, std::uint32_t source, Report& report);

}  // namespace stayd::config
