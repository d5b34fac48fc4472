// SPDX-License-Identifier: Apache-2.0
// Signal calls as the kernel has them (rt_sigaction(2), rt_sigprocmask(2)), for what glibc's own do
// not do: they refuse signals 32 and 33, and take locks. Usable between clone and exec.
#pragma once

#include <sys/syscall.h>

#include <csignal>
#include <cstdint>

#include "os/raw_call.h"
#include "os/signals.h"

namespace stayd::os::kernel {

inline constexpr int last_signal = 64;
inline constexpr SignalMask every_signal = ~SignalMask{0};

constexpr SignalMask bit_of(int signal) { return SignalMask{1} << (signal - 1); }

enum class Disposition : std::uint8_t { default_action = 0, ignore = 1 };

/// The kernel's struct sigaction on x86-64 and arm64.
struct Action {
  std::uintptr_t handler = 0;
  unsigned long flags = 0;
  std::uintptr_t restorer = 0;
  SignalMask mask = 0;
};

/// Minus the error's number on failure.
[[gnu::always_inline]] inline long set_disposition(int signal, Disposition disposition) {
  Action action;
  action.handler = static_cast<std::uintptr_t>(disposition);
  return raw_call(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

inline bool is_ignored(int signal) {
  Action action;
  const long result = raw_call(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask);
  return result == 0 && action.handler == static_cast<std::uintptr_t>(Disposition::ignore);
}

/// Sets the mask and gives the one before.
[[gnu::always_inline]] inline SignalMask exchange_mask(SignalMask mask) {
  SignalMask before = 0;
  raw_call(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof mask);
  return before;
}

inline SignalMask current_mask() {
  SignalMask mask = 0;
  raw_call(SYS_rt_sigprocmask, SIG_SETMASK, nullptr, &mask, sizeof mask);
  return mask;
}

}  // namespace stayd::os::kernel
