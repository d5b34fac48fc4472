// SPDX-License-Identifier: Apache-2.0
// `stayd explain NAME`: the chain of causes, a line each. Pure.
#pragma once

#include <span>
#include <string>

#include "app/cli/output.h"
#include "base/time.h"
#include "control/instance_view.h"

namespace stayd::app {

/// web is waiting: requires db:ready
/// db is in backoff, 4th restart in 1.6s: exited with 1 after 80ms
///   last line: cannot reach queue
std::string render_explanation(std::span<const control::InstanceView> causes, WallTime now,
                               const Style& style);

}  // namespace stayd::app
