// SPDX-License-Identifier: Apache-2.0
// One supervisor a runtime folder: an open file description lock on RUNTIME-DIR/lock, which the
// keeper holds for all of its life. Its text names the holder: "PID NANOSECONDS-SINCE-1970".
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::app {

/// Makes the folder and everything above it, and checks that it is ours alone to write to: who else
/// can would put a socket of his own into it.
Status make_runtime_folder(const std::string& path);

/// Takes the lock, in a folder that is made if it is not there; waits up to `patience` for a keeper
/// that is about to end. EBUSY: "already running (pid 4120, since 2026-11-24T06:13:07Z)".
Result<os::Fd> take_lock(const std::string& runtime_dir, Duration patience);

/// Writes the holder's pid and the time into it: a word for people, left out on a full file system.
void name_holder(os::FdView lock, std::int32_t pid, WallTime since);

}  // namespace stayd::app
