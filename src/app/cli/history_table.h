// SPDX-License-Identifier: Apache-2.0
// `stayd history`: one line for each run, or one JSON document (docs/events.md). Pure.
#pragma once

#include <span>
#include <string>

#include "app/cli/output.h"
#include "app/cli/run_history.h"

namespace stayd::app {

/// `is_there(run)`: the process of a run without a recorded end is still there.
using IsThere = bool (*)(const PastRun& run);

/// A head line and a line for each run, columns aligned; what is not known is "-". The instance is
/// named where there are several.
std::string render_history(std::span<const PastRun> runs, IsThere is_there, const Style& style);
/// {"version":1,"runs":[...]} and a line feed.
std::string history_json(std::span<const PastRun> runs);

}  // namespace stayd::app
