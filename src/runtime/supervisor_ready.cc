// SPDX-License-Identifier: Apache-2.0
// Readiness: what a run is given before its start, and who watches for it.
#include "runtime/supervisor.h"

namespace stayd::runtime {

Status Supervisor::prepare_ready(const model::Service&, Launch&) { return {}; }
void Supervisor::watch_ready(const core::Action&) {}
void Supervisor::unwatch_ready(const core::Action&) {}
void Supervisor::release_ready(InstanceId, RunId) {}

}  // namespace stayd::runtime
