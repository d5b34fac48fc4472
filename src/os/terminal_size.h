// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "os/fd.h"

namespace stayd::os {

/// Columns of the terminal behind `fd` (ioctl_tty(2), TIOCGWINSZ); 0 when there is none or it does
/// not say.
std::uint32_t terminal_columns(FdView fd);

}  // namespace stayd::os
