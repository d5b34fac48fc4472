// SPDX-License-Identifier: Apache-2.0
// What the core wants done. Values; runtime carries them out in order after the ledger is written.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "core/state.h"
#include "model/spec.h"

namespace stayd::core {

enum class ActionKind : std::uint8_t {
  spawn,          ///< start `run`; answered by Event spawned or spawn_failed
  watch_ready,    ///< begin the readiness probe; answered by became_ready, or never
  unwatch_ready,  ///< end it: the run stops or is gone without having become ready
  signal,         ///< `signal` to `whom` of `run`
  stop_command,   ///< run it in the service's context; answered by command_ended
  reload_command,
  await_empty,  ///< main is gone: say emptied as soon as nothing of `run` is left (maybe at once)
  terminate_rest,  ///< TERM (and CONT) to whatever is left of `run`; always just after await_empty
  kill,            ///< freeze and kill everything of `run`, main included; again at each call
  release,   ///< the run is over and empty, or its spawn failed: close and remove what belonged to
             ///< it; exactly one for each spawn, also for one that a take-over found never made
  announce,  ///< tell subscribers: `instance` went from `before` to its present phase; at most one
             ///< an instance in a step, after everything but leave
  leave,     ///< the supervisor ends with `exit_status`: nothing runs any more; the last of a step
};
inline constexpr std::size_t action_count = 12;

struct Action {
  ActionKind kind = ActionKind::announce;
  InstanceId instance = no_instance;
  RunId run{};
  std::int32_t signal = 0;
  model::StopTo whom = model::StopTo::group;
  Phase before = Phase::stopped;
  std::uint8_t exit_status = 0;
};

const char* word(ActionKind);

/// Filled by step, emptied by its caller between two calls; the vectors keep their memory.
struct Outcome {
  std::vector<Action> actions;
  std::vector<InstanceId> touched;  ///< each instance whose state changed, once
  void clear() {
    actions.clear();
    touched.clear();
  }
};

}  // namespace stayd::core
