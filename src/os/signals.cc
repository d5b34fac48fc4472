// SPDX-License-Identifier: Apache-2.0
#include "os/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/error.h"
#include "os/kernel_signals.h"

namespace stayd::os {
namespace {

/// Those that the kernel raises for a fault of our own: blocked, they would kill without a word.
constexpr int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

constexpr SignalMask blocked_mask() {
  SignalMask mask = kernel::every_signal;
  for (const int signal : fault_signals) mask &= ~kernel::bit_of(signal);
  return mask;
}

Status set_all_to_default() {
  for (int signal = 1; signal <= kernel::last_signal; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    const long result = kernel::set_disposition(signal, kernel::Disposition::default_action);
    if (result != 0)
      return error_of(static_cast<int>(-result),
                      "cannot reset the disposition of signal " + std::to_string(signal));
  }
  return {};
}

}  // namespace

Status reset_dispositions() {
  TRY(set_all_to_default());
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    const long result = kernel::set_disposition(signal, kernel::Disposition::ignore);
    if (result != 0)
      return error_of(static_cast<int>(-result), "cannot ignore signal " + std::to_string(signal));
  }
  return {};
}

Status block_signals() {
  kernel::exchange_mask(blocked_mask());
  return {};
}

Status unblock_all() {
  TRY(set_all_to_default());
  kernel::exchange_mask(0);
  return {};
}

InheritedSignals inherited_signals() {
  InheritedSignals signals;
  signals.blocked = kernel::current_mask();
  for (int signal = 1; signal <= kernel::last_signal; ++signal)
    if (kernel::is_ignored(signal)) signals.ignored |= kernel::bit_of(signal);
  return signals;
}

Result<SignalFd> SignalFd::create() {
  const SignalMask mask = blocked_mask();
  const long fd = syscall(SYS_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return last_error("cannot create a signalfd");
  return SignalFd(Fd(static_cast<int>(fd)));
}

std::optional<SignalInfo> SignalFd::next() {
  if (given_ == read_) {
    const bool is_drained = read_ != 0 && read_ < waiting_.size();
    read_ = given_ = 0;
    if (is_drained || !read_some()) return std::nullopt;
  }
  return waiting_[given_++];
}

bool SignalFd::read_some() {
  std::array<signalfd_siginfo, most_at_once> infos;
  ssize_t size = 0;
  do {
    size = ::read(fd_.number(), infos.data(), sizeof infos);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return false;
  read_ = static_cast<std::size_t>(size) / sizeof infos[0];
  std::transform(infos.begin(), infos.begin() + read_, waiting_.begin(),
                 [](const signalfd_siginfo& info) {
                   return SignalInfo{.number = static_cast<int>(info.ssi_signo),
                                     .sender_pid = static_cast<int>(info.ssi_pid),
                                     .sender_uid = info.ssi_uid,
                                     .from_kernel = info.ssi_code > 0};
                 });
  return true;
}

}  // namespace stayd::os
