// SPDX-License-Identifier: Apache-2.0
// What became of each instance of a command.
#pragma once

#include <string>

#include "base/time.h"
#include "control/client.h"
#include "control/request.h"

namespace stayd::app {

enum class OutcomeShape : std::uint8_t { lines, json };

/// "web@1: running", "db: failed: exited with 1 after 80ms", ...
std::string outcome_line(const control::ResultRow& row, WallTime now);
/// exit_done when all went well, exit_timed_out when something timed out and nothing failed, else
/// exit_failed.
int outcome_code(const control::ReplyContent& reply);
/// Prints what went well to standard output and the rest to standard error (json: all to standard
/// output); returns outcome_code.
int show_outcomes(const control::ReplyContent& reply, const control::Request& request,
                  OutcomeShape shape, WallTime now);

}  // namespace stayd::app
