// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// Number of the cgroup (the inode of its folder) that the process is in, or was in when it ended:
/// ioctl PIDFD_GET_INFO, kernel 6.13; ENOTTY or EINVAL before.
Result<std::uint64_t> cgroup_id_of(FdView process);

}  // namespace stayd::os
