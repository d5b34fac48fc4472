// SPDX-License-Identifier: Apache-2.0
// What this kernel, seccomp filter and these rights let us do, asked by calls without effect. Only
// for `stayd doctor`: everything else tries the real call, and falls back when it is refused.
#pragma once

#include <cstdint>

namespace stayd::os {

enum class Facility : std::uint8_t {
  pidfd_open,          ///< Linux 5.3
  pidfd_signal,        ///< pidfd_send_signal(2), 5.1
  pidfd_group_signal,  ///< PIDFD_SIGNAL_PROCESS_GROUP, 6.9
  pidfd_wait,          ///< waitid(P_PIDFD), 5.4
  pidfd_exit_info,     ///< PIDFD_GET_INFO, 6.13 (exit statuses 6.15)
  clone3,              ///< 5.3
  close_range,         ///< with CLOSE_RANGE_UNSHARE, 5.9
  openat2,             ///< 5.6
  sealed_memory,       ///< memfd_create(2) with seals, 3.17
  signalfd,            ///< 2.6.22
  peer_pidfd,          ///< SO_PEERPIDFD, 6.5
};

/// 0: it is there; else the errno with which it was refused (ENOSYS: not in this kernel, EPERM: a
/// seccomp filter or missing rights).
int probe(Facility facility);

}  // namespace stayd::os
