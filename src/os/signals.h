// SPDX-License-Identifier: Apache-2.0
// Signals of our own processes. Masks and dispositions are set absolutely, whatever was inherited.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

struct SignalInfo {
  int number = 0;
  int sender_pid = 0;
  std::uint32_t sender_uid = 0;
  bool from_kernel = false;  ///< si_code > 0: a terminal, for example
};

/// A set of signals as the kernel has it: bit n - 1 is signal n.
using SignalMask = std::uint64_t;

/// Every disposition to its default (SIGCHLD above all: ignored ones survive exec), then SIGPIPE
/// and SIGXFSZ ignored in this process only (a child's are reset by its spawn).
Status reset_dispositions();
/// Makes the mask exactly "everything blocked" (but SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
/// SIGTRAP, SIGSYS), so that signals come through a SignalFd.
Status block_signals();
/// Empties the mask and sets every disposition to its default: before an exec of something that is
/// not ours.
Status unblock_all();

/// What a process was started with: for `init`, which gives it back to its child.
struct InheritedSignals {
  SignalMask blocked = 0;
  SignalMask ignored = 0;
};
/// To be asked before anything above has changed it.
InheritedSignals inherited_signals();

/// signalfd(2) on everything that block_signals blocks.
class SignalFd {
 public:
  static Result<SignalFd> create();
  /// The next signal, or none; to be called until there is none.
  std::optional<SignalInfo> next();
  [[nodiscard]] FdView fd() const { return fd_.view(); }

 private:
  explicit SignalFd(Fd fd) : fd_(std::move(fd)) {}
  bool read_some();

  static constexpr std::size_t most_at_once = 4;
  Fd fd_;
  std::array<SignalInfo, most_at_once> waiting_;
  std::size_t read_ = 0;   ///< how many of them one read gave; fewer than asked for: the last ones
  std::size_t given_ = 0;  ///< how many of those next() has given
};

/// Notes signal, address, the failed check and backtrace of a crash into `record` (shared memory of
/// `record_size` bytes, a NUL-terminated text) from a handler on its own stack, then lets the
/// default action happen. The addresses are those of the executable's file, as addr2line(1) takes
/// them. To be called after reset_dispositions; `record` must stay mapped.
Status install_crash_handler(char* record, unsigned record_size);

}  // namespace stayd::os
