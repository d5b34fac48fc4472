// SPDX-License-Identifier: Apache-2.0
// One event as `stayd events` shows it to a person. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "app/cli/event_record.h"
#include "app/cli/output.h"

namespace stayd::app {

/// "Nov 25 12:01:21.123  web@1    exited      exited with 1 after 80ms\n"; in local time, names
/// padded to `name_width`.
std::string event_line(const EventRecord& event, std::size_t name_width, const Style& style);

/// Why a run was started, behind its number or pid: "at boot", "by root", "again", "because db
/// needs it".
std::string start_clause(const EventRecord& started);
/// Whether it ended with 0, or because somebody or something stopped it in time.
bool ended_well(const EventRecord& exited);
/// How it ended: "exited with 1 after 80ms".
std::string end_clause(const EventRecord& exited);

}  // namespace stayd::app
