// SPDX-License-Identifier: Apache-2.0
// Services by name into edges by number; unknown names and cycles are reported.
#pragma once

#include <vector>

#include "config/draft.h"

namespace stayd::config {

/// Fills dependencies, on_failure and on_failure_shutdown of each draft's service; the number of a
/// service is its place in `drafts`.
void resolve_graph(std::vector<ServiceDraft>& drafts, Report& report);

}  // namespace stayd::config
