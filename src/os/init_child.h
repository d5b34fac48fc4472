// SPDX-License-Identifier: Apache-2.0
// What an init needs that a supervisor does not: one child that gets everything as it was
// inherited, the terminal with it, and signals taken one at a time and passed on.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "os/signals.h"

namespace stayd::os {

enum class ChildGroup : std::uint8_t {
  session,  ///< a session of its own, with our terminal as its controlling one (dumb-init)
  group,    ///< a process group of its own, the terminal's foreground one (tini)
  ours,     ///< as we are
};

/// Blocks every signal and makes SIGCHLD tell of children; what was there before is for the child.
InheritedSignals take_all_signals();
/// Forks and executes arguments[0], looked for in PATH, with the mask and dispositions of `before`.
/// The Error is that of exec, with its number; the child is reaped then.
Result<std::int32_t> start_init_child(char* const* arguments, ChildGroup group,
                                      const InheritedSignals& before);
/// Gives up the controlling terminal behind standard input. True: we led its session, so the kernel
/// sends us one SIGHUP and one SIGCONT for it (ioctl_tty(2), TIOCNOTTY).
bool detach_from_terminal();
/// Waits for the next signal.
int wait_for_signal();
/// To the child, which is not reaped yet, or to its process group.
void pass_to_child(std::int32_t child, int signal);
void pass_to_group_of_child(std::int32_t child, int signal);
/// Waits until the child is stopped or has ended: for `patience` at most, since it may catch the
/// signal. Takes SIGCHLDs that come meanwhile.
void await_stop_of_child(std::int32_t child, Duration patience);
/// SIGSTOP to ourselves; returns when continued. Has no effect on PID 1.
void suspend_ourselves();
/// `signal` when our parent ends (prctl(2), PR_SET_PDEATHSIG); at once when it is `parent` no more.
Status end_with_parent(int signal, std::int32_t parent);

}  // namespace stayd::os
