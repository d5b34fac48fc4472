// SPDX-License-Identifier: Apache-2.0
// What stayd says of an instance's way, in a person's words: "web exited with 1 after 80ms,
// restarting in 200ms".
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "core/state.h"
#include "model/spec.h"

namespace stayd::runtime {

/// "exited with 1 after 80ms", "was killed by KILL after 3h 2m (core dumped)".
std::string end_words(const core::LastExit& exit);

/// The sentence for an instance that went from `before` to `state.phase`, without a full stop.
/// Empty where there is nothing to say: steps on the way to something that will be said.
/// `service` (null: not known) gives a failed start its path, and a stop that came too late its
/// stop-timeout; needs_service says whether it is of use.
std::string phase_words(std::string_view instance, core::Phase before,
                        const core::InstanceState& state, Instant now,
                        const model::Service* service = nullptr);
bool needs_service(core::Phase before, const core::InstanceState& state);

}  // namespace stayd::runtime
