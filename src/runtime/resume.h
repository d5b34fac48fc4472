// SPDX-License-Identifier: Apache-2.0
// The decision table of a take-over: what the ledger says of an instance, against what is there.
//
// A supervisor writes its decisions into the ledger, then carries them out. It may have been killed
// between the two; and meanwhile processes have gone on, and ended. For each instance a successor
// finds out what became of the process, and `decide` says what is to be told to the core and what
// to watch again:
//
//   phase        process   told                         besides
//   preparing    none      -                            (it was never cloned)
//                alive     spawned                      watched
//                zombie    spawned, main_exited         reaped once the ledger has it
//                gone      spawn_failed (transient)     (it failed before exec and was reaped)
//   starting,    alive     -                            watched
//   running,     zombie    main_exited                  reaped once the ledger has it
//   stopping     gone,     main_exited, kind unknown    -
//                none
//   cleaning     any       -                            a zombie is reaped
//   the others   any       -                            a zombie is reaped; what the last run left
//                                                       behind is released
//
// When every instance has been through this, the core is told `resumed`, and itself asks again for
// what may not have been carried out (core/step.cc). So a signal may be sent twice, never not at
// all; a process is never started twice, and no exit is told twice. While the keeper lives nothing
// is `gone`: it reaps only what it is asked to.
#pragma once

#include <cstdint>

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

struct Decision {
  bool attach = false;   ///< the process is alive and is the run's main process: watch its pidfd
  bool reap = false;     ///< its status stands in the ledger already: only take the zombie away
  bool release = false;  ///< of RunRecord::run: clear away what is left of it
  Tell tell = Tell::nothing;
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

}  // namespace stayd::runtime
