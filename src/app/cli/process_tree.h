// SPDX-License-Identifier: Apache-2.0
// The processes of an instance, drawn as a tree. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/output.h"

namespace stayd::app {

struct DrawnProcess {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::string text;  ///< command line, or name; unknown bytes
  char state = '?';  ///< as proc(5) has it; 'D', 'T' and 'Z' are said
};

/// A line each, indented by `indent`: whoever has no parent among them is at the top, in the order
/// of pids; children below their parent.
std::string draw_processes(const std::vector<DrawnProcess>& processes, std::string_view indent,
                           const Style& style);

}  // namespace stayd::app
