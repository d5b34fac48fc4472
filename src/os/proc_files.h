// SPDX-License-Identifier: Apache-2.0
// Reading the small files of /proc (proc(5)) and of cgroups, whose size is not known before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// What the file `name` below the folder `at` holds (an absolute name: `at` does not matter), cut
/// after `limit` bytes.
Result<std::string> read_small_file(FdView at, const char* name, std::size_t limit = 64 * 1024);
/// One write(2) of `text` into an existing file, as kernel interfaces want it.
Status write_small_file(FdView at, const char* name, std::string_view text);
/// "/proc/<pid>/<name>", or of our own process with pid 0.
Result<std::string> read_proc_file(std::int32_t pid, const char* name,
                                   std::size_t limit = 64 * 1024);
/// The decimal number at the beginning of `text`, 0 if there is none.
std::uint64_t leading_number(std::string_view text);

}  // namespace stayd::os
