// SPDX-License-Identifier: Apache-2.0
// Bugs that a core could have, planted between the core and the simulated kernel (never in the
// product's code): they show that the simulator would find such a bug, and in how many seeds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/step.h"
#include "model/spec.h"
#include "sim/random.h"

namespace stayd::sim {

enum class PlantedBug : std::uint8_t {
  none,
  lost_kill,              ///< the deadline of a stop passes and nothing is killed
  early_release,          ///< the end of the main process is taken for the end of everything
  stale_accepted,         ///< events of earlier runs are taken for news of the current one
  forgotten_requirement,  ///< starts without waiting for what it requires
  forgotten_order,        ///< after and before are not kept
  forgotten_conflict,     ///< two that exclude each other run together
  no_backoff,             ///< restarts without a delay
  lost_deadline,          ///< a deadline is dropped when it is due
  doubled_spawn,          ///< two lives at once
  forgotten_resume,       ///< a new supervisor does not look at what it took over
  early_leave,            ///< leaves while something is alive
  too_many_starts,        ///< max-parallel-starts is not kept
  forgotten_stop,         ///< a new supervisor starts what an operator has stopped
  forgotten_limit,        ///< restarts more often than restart.limit allows
  early_limit,            ///< gives up before restart.limit is reached
};
inline constexpr std::uint32_t planted_bug_count = 16;

const char* word(PlantedBug);
std::optional<PlantedBug> planted_bug_from(std::string_view text);

/// What the buggy core sees of the configuration.
model::Spec seen_by(PlantedBug bug, model::Spec spec);
/// What it makes of an event.
void bend(PlantedBug bug, core::Event& event, const core::State& state);
/// What it wants done.
void bend(PlantedBug bug, const core::Event& event, core::Outcome& outcome, Random& random);
/// What it finds in the ledger.
void bend(PlantedBug bug, core::InstanceState& instance);

}  // namespace stayd::sim
