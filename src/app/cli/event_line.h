// SPDX-License-Identifier: Apache-2.0
// One event as `stayd events` shows it. Pure.
#pragma once

#include <string>

#include "app/cli/output.h"
#include "control/client.h"

namespace stayd::app {

/// "2026-11-24T06:13:07Z web starting -> running: became ready\n"
std::string event_line(const control::EventRow& event, const Style& style);
/// One JSON object and a line feed: the event as the control interface has it.
std::string event_json(const control::EventRow& event);

}  // namespace stayd::app
