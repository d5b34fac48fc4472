// SPDX-License-Identifier: Apache-2.0
// The decision table of a take-over: what the ledger says of an instance, against what is there.
//
// A supervisor writes its decisions into the ledger, then carries them out. It may have been killed
// between the two, so a successor cannot know whether the last actions happened; and meanwhile
// processes have gone on, and ended. For each instance it finds out what became of the process, and
// `decide` says what is to be told to the core, what to watch again, and which actions to repeat:
//
//   phase        process   told                        repeated
//   preparing    none      -                           spawn: it was never cloned
//                alive     spawned                     -
//                zombie    spawned, main_exited        -
//                gone      spawn_failed (transient)    - (it failed before exec and was reaped)
//   starting     alive     -                           watch_ready
//   running      alive     -                           -
//   stopping     alive     -                           the stop signal or command, unless it is
//                                                      known to be out; or kill, once escalated
//   starting,    zombie    main_exited                 - (what follows, the core decides anew)
//   running,     gone,     main_exited, kind unknown   -
//   stopping     none
//   cleaning     any       -                           await_empty, and terminate_rest, or kill
//   the others   any       -                           release of what the last run left behind
//
// Signals may so be sent twice, never not at all; a process is never started twice, and no exit is
// told twice. While the keeper lives nothing is `gone`: it reaps only what it is asked to.
//
// When every instance has been through this, the core is told `resumed`. If the supervisor's own
// state says `leaving`, the action `leave` is to be repeated.
#pragma once

#include <cstdint>

#include "core/action.h"
#include "core/catalog.h"
#include "core/event.h"
#include "core/state.h"
#include "runtime/ledger.h"

namespace stayd::runtime {

/// What became of the process of the instance's run (see `process_to_find`).
enum class ProcessFound : std::uint8_t {
  none,    ///< no pid is recorded
  alive,   ///< a pidfd could be opened, and it has not ended
  zombie,  ///< ended and not reaped: its status can be read
  gone,    ///< there is no such process, or it is nobody's child of ours and ended
};
inline constexpr std::size_t process_found_count = 4;

/// The pid to look for; 0: none is recorded. `spawned` is Ledger::spawned of the state's run.
std::int32_t process_to_find(const InstanceRecord& record, std::int32_t spawned);

enum class Tell : std::uint8_t {
  nothing,
  spawned,
  spawned_then_exited,
  exited,          ///< with the status that was read
  exited_unknown,  ///< without one
  spawn_failed,
};

enum class Repeat : std::uint8_t {
  nothing,
  spawn,
  watch_ready,
  stop,  ///< stop_command or signal, as the service has it
  kill,
  clean,       ///< await_empty, terminate_rest
  clean_kill,  ///< await_empty, kill
  release,
};

struct Decision {
  bool attach = false;  ///< the process is alive and is the run's main process: watch its pidfd
  bool reap = false;    ///< its status stands in the ledger already: only take the zombie away
  Tell tell = Tell::nothing;
  Repeat repeat = Repeat::nothing;
};

/// Of a service that has a process. A group has none: nothing is to be done for its instances.
Decision decide(const InstanceRecord& record, ProcessFound process);

/// Calls `tell` with each Event that `decision` asks for, in order: before any action is carried
/// out.
template <typename Callback>
void for_each_event(const Decision& decision, core::Event about, const core::LastExit& exit,
                    Callback tell) {
  const auto send = [&](core::EventKind kind) {
    about.kind = kind;
    tell(about);
  };
  switch (decision.tell) {
    case Tell::nothing: return;
    case Tell::spawned: return send(core::EventKind::spawned);
    case Tell::spawned_then_exited:
      send(core::EventKind::spawned);
      about.exit = exit;
      return send(core::EventKind::main_exited);
    case Tell::exited: about.exit = exit; return send(core::EventKind::main_exited);
    case Tell::exited_unknown:
      about.exit = core::LastExit{.kind = core::ExitKind::unknown, .run = about.run};
      return send(core::EventKind::main_exited);
    case Tell::spawn_failed: about.transient = true; return send(core::EventKind::spawn_failed);
  }
}

/// Appends the actions to repeat for the instance `id` with this record.
void append_actions(const Decision& decision, InstanceId id, const InstanceRecord& record,
                    const core::Rules& rules, std::vector<core::Action>& actions);

}  // namespace stayd::runtime
