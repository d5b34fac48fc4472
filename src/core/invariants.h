// SPDX-License-Identifier: Apache-2.0
// What holds between any two steps. Tests and the simulator ask after every step; the supervisor
// does not.
#pragma once

#include <span>
#include <string>

#include "core/step.h"

namespace stayd::core {

/// What is broken, in words, or "" when all holds. Looks at everything: linear in instances.
std::string broken_invariant(const State& state, const Catalog& catalog);

/// The part that concerns one instance alone; constant time. nullptr when all holds.
const char* broken_invariant(const State& state, const Catalog& catalog, InstanceId id);

/// Between the actions of one step and the state after it: each action fits the phase of its
/// instance. nullptr when all holds.
const char* broken_action(const State& state, const Catalog& catalog,
                          std::span<const Action> actions);

}  // namespace stayd::core
