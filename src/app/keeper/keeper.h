// SPDX-License-Identifier: Apache-2.0
// The keeper: the process that others know, above the supervisor.
//
// Started by the command line as `stayd @keeper` with descriptors at fixed numbers. It starts the
// supervisor, forwards every signal to it, holds what must outlive it (runtime/keeper_link.h), and
// reaps only what a supervisor asks it to. When the supervisor dies without having said `leaving`:
//
//   kill     kills until nothing is left, within 1 s, and ends with 128 + the signal's number
//   recover  starts the next one, which resumes; after more than 3 ends in 60 s it waits longer
//            and longer between
//
// A terminal's ^C comes once, through the keeper: the supervisor has a process group of its own. ^Z
// stops the keeper alone, so that the shell has its prompt back; services go on.
// No allocation after its start, but where something fails. As PID 1 it is PID 1.
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
inline constexpr int keeper_ledger_fd = 8;  ///< runtime/ledger.h, made for this Spec

/// `stayd @keeper`. Returns the exit status.
int keeper_main();

}  // namespace stayd::app
