// SPDX-License-Identifier: Apache-2.0
// `stayd status NAME` for one instance: what it is, why, its processes, the end of its log. Pure.
#pragma once

#include <string>
#include <vector>

#include "app/cli/output.h"
#include "app/cli/process_tree.h"
#include "base/time.h"
#include "control/instance_view.h"

namespace stayd::app {

struct StatusDetail {
  const control::SupervisorView* supervisor = nullptr;
  const control::InstanceView* instance = nullptr;
  std::vector<DrawnProcess> processes;
  std::size_t more_processes = 0;  ///< that are not in `processes`
  std::vector<std::string> log;    ///< last lines, the last one last
  std::string log_folder;
  WallTime now;
  Style style;
};

std::string render_detail(const StatusDetail& detail);

}  // namespace stayd::app
