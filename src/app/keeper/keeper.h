// SPDX-License-Identifier: Apache-2.0
// The keeper: the process that others know, above the supervisor.
//
// Started by the command line as `stayd @keeper` with descriptors at fixed numbers. It starts the
// supervisor, forwards every signal to it, holds what must outlive it (runtime/keeper_link.h), and
// reaps only what a supervisor asks it to. When the supervisor dies without having said `leaving`:
//   kill     kills until nothing is left, within 1 s, and ends as if killed by the same signal
//   (128+N) recover  starts the next one, which resumes; after more than 3 ends in 60 s it waits
//   longer between
// No allocation after its start. As PID 1 it is PID 1.
#pragma once

namespace stayd::app {

/// Descriptor numbers on which the command line hands things to the keeper.
inline constexpr int keeper_spec_fd = 3;        ///< sealed Spec blob
inline constexpr int keeper_executable_fd = 4;  ///< O_PATH of the running program
inline constexpr int keeper_lock_fd = 5;      ///< <runtime-dir>/lock, locked (OFD); /dev/null: none
inline constexpr int keeper_listener_fd = 6;  ///< control socket, listening; /dev/null: none
/// A pipe's write end: gets "started\n" once the supervisor answers, or one line that says why it
/// never will; then it is closed. /dev/null: nobody waits.
inline constexpr int keeper_report_fd = 7;

/// `stayd @keeper`. Returns the exit status.
int keeper_main();

}  // namespace stayd::app
