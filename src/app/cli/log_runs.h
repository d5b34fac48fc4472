// SPDX-License-Identifier: Apache-2.0
// What `stayd logs --run N` says where it has nothing to show.
#pragma once

#include <optional>
#include <string>

#include "app/cli/log_merge.h"
#include "app/cli/log_options.h"

namespace stayd::app {

/// Says that none of the instances in `merge` has had the run that is wanted, or that it printed
/// nothing, by their logs and by the record of events in `log_dir`; the exit code. None: there is
/// something to show, or to wait for.
std::optional<int> report_run(LogMerge& merge, const WantedLogs& wanted,
                              const std::string& log_dir);

}  // namespace stayd::app
