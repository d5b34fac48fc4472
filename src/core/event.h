// SPDX-License-Identifier: Apache-2.0
// Facts that happened, as the core is told of them. Events about a run carry its number: one that
// speaks of another run than the current one is stale and changes nothing.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/time.h"
#include "core/state.h"
#include "model/spec.h"

namespace stayd::core {

enum class EventKind : std::uint8_t {
  boot,  ///< start every enabled instance (or only those named: operator_start instead)
  operator_start,
  operator_stop,
  operator_restart,
  operator_reload,
  operator_kill,
  spawned,       ///< pid. The start worked: exec succeeded
  spawn_failed,  ///< failure; transient: it may work later (EAGAIN, ENOMEM, EMFILE, ENFILE, ENOSPC)
  became_ready,
  main_exited,  ///< exit
  emptied,      ///< nothing of the run is left, main process included
  main_stopped,
  main_continued,  ///< by SIGSTOP, SIGCONT
  command_ended,   ///< stop- or reload-command; exit
  orphan_reaped,   ///< a process that some run of `instance` (or no_instance) had left to us ended
  shutdown,        ///< signal (0: by request); a second one: now
  tick,            ///< time has passed: deadlines due at `now` are acted on
  resumed,         ///< sent once after a take-over, when every fact found has been told
};
inline constexpr std::size_t event_count = 18;

struct Event {
  EventKind kind = EventKind::tick;
  InstanceId instance = no_instance;
  RunId run{};
  std::int32_t pid = 0;
  LastFailure failure;
  bool transient = false;
  LastExit exit;
  std::int32_t signal = 0;                    ///< shutdown, operator_kill
  model::StopTo whom = model::StopTo::group;  ///< operator_kill
  std::uint32_t operator_uid = 0;
  std::int32_t operator_pid = 0;
  WallTime wall{};  ///< noted in what the event changes, never decided on
};

const char* word(EventKind);

}  // namespace stayd::core
