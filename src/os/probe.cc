// SPDX-License-Identifier: Apache-2.0
#include "os/probe.h"

#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "os/fd.h"
#include "os/pidfd_info.h"

namespace stayd::os {
namespace {

// Newer than the headers of Debian 12.
constexpr unsigned signal_process_group = 4;  // linux/pidfd.h
constexpr int socket_peer_pidfd = 77;         // asm-generic/socket.h
constexpr unsigned close_unshare = 2;         // linux/close_range.h

int outcome(long returned) { return returned < 0 ? errno : 0; }

/// For calls whose arguments are wrong on purpose: what is there complains about them.
int outcome_of_misuse(long returned) {
  const int number = outcome(returned);
  return number == EINVAL || number == E2BIG || number == EFAULT || number == EBADF ? 0 : number;
}

Fd own_process() { return Fd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0))); }

int probe_signal(unsigned flags) {
  const Fd self = own_process();
  if (!self.valid()) return errno;
  return outcome(syscall(SYS_pidfd_send_signal, self.number(), 0, nullptr, flags));
}

int probe_wait() {
  const Fd self = own_process();
  if (!self.valid()) return errno;
  siginfo_t info{};
  const int number =
      outcome(waitid(P_PIDFD, static_cast<id_t>(self.number()), &info, WEXITED | WNOHANG));
  return number == ECHILD ? 0 : number;  // we are no child of ours
}

int probe_exit_info() {
  const Fd self = own_process();
  if (!self.valid()) return errno;
  const auto id = cgroup_id_of(self.view());
  return id ? 0 : id.error().number;
}

int probe_sealed_memory() {
  return Fd(memfd_create("stayd-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING)).valid() ? 0 : errno;
}

int probe_signalfd() {
  sigset_t none;
  sigemptyset(&none);
  return Fd(::signalfd(-1, &none, SFD_CLOEXEC)).valid() ? 0 : errno;
}

int probe_peer_pidfd() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno;
  const Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  int peer = -1;
  socklen_t size = sizeof peer;
  const int number =
      outcome(getsockopt(ours.number(), SOL_SOCKET, socket_peer_pidfd, &peer, &size));
  const Fd owned(number == 0 ? peer : -1);
  return number;
}

}  // namespace

int probe(Facility facility) {
  switch (facility) {
    case Facility::pidfd_open: return own_process().valid() ? 0 : errno;
    case Facility::pidfd_signal: return probe_signal(0);
    case Facility::pidfd_group_signal: {
      const int number = probe_signal(signal_process_group);
      return number == ESRCH ? 0 : number;  // we lead no group: the flag was understood
    }
    case Facility::pidfd_wait: return probe_wait();
    case Facility::pidfd_exit_info: return probe_exit_info();
    case Facility::clone3: return outcome_of_misuse(syscall(SYS_clone3, nullptr, 0));
    case Facility::close_range:
      return outcome(syscall(SYS_close_range, ~0U - 1, ~0U - 1, close_unshare));
    case Facility::openat2: return outcome_of_misuse(syscall(SYS_openat2, -1, "", nullptr, 0));
    case Facility::sealed_memory: return probe_sealed_memory();
    case Facility::signalfd: return probe_signalfd();
    case Facility::peer_pidfd: return probe_peer_pidfd();
  }
  return ENOSYS;
}

}  // namespace stayd::os
