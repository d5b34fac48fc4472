// SPDX-License-Identifier: Apache-2.0
// A random configuration: every kind of service, dependency and policy, in legal combinations.
#pragma once

#include "model/spec.h"
#include "sim/random.h"

namespace stayd::sim {

model::Spec random_configuration(Random& random);

}  // namespace stayd::sim
