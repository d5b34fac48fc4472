// SPDX-License-Identifier: Apache-2.0
// The chain of causes behind an instance's present state: what it waits for or was brought down by,
// what that one waits for, and so on. Looked up when asked, in time linear in what it looks at.
#pragma once

#include <vector>

#include "base/ids.h"
#include "core/catalog.h"
#include "core/step.h"

namespace stayd::core {

/// One link. The first is the instance asked about; each further one is what the link before it
/// waits for or follows. Its own reason stands in its state.
struct Link {
  InstanceId instance = no_instance;
  /// Why this one and the link before belong together; of the first link: none.
  Reason reason = Reason::none;
  /// With requirement_waiting, requirement_failed, requirement_stopped: the condition of the edge.
  model::Condition condition = model::Condition::ready;
};

/// At least one link; ends where a cause lies in the instance itself. No instance comes twice.
std::vector<Link> explain(const State& state, const Catalog& catalog, InstanceId instance);

}  // namespace stayd::core
