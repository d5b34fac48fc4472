// SPDX-License-Identifier: Apache-2.0
#include "os/pidfd_info.h"

#include <sys/ioctl.h>

#include <cerrno>

#include "os/error.h"

namespace stayd::os {

namespace {

/// struct pidfd_info, version 0 (include/uapi/linux/pidfd.h); newer than this build's headers.
struct PidfdInfo {
  std::uint64_t mask = 0;
  std::uint64_t cgroup_id = 0;
  std::uint32_t rest[12]{};
};
static_assert(sizeof(PidfdInfo) == 64);

constexpr std::uint64_t with_cgroup_id = 1 << 2;  // PIDFD_INFO_CGROUPID
constexpr unsigned long get_info = _IOWR(0xff, 11, PidfdInfo);

}  // namespace

Result<std::uint64_t> cgroup_id_of(FdView process) {
  PidfdInfo info;
  info.mask = with_cgroup_id;
  if (::ioctl(process.number(), get_info, &info) != 0) {
    return last_error("cannot ask for the cgroup of a process");
  }
  if ((info.mask & with_cgroup_id) == 0) return error_of(ENODATA, "a process has no cgroup");
  return info.cgroup_id;
}

}  // namespace stayd::os
