// SPDX-License-Identifier: Apache-2.0
#include "os/terminal_size.h"

#include <sys/ioctl.h>

namespace stayd::os {

std::uint32_t terminal_columns(FdView fd) {
  winsize size{};
  if (ioctl(fd.number(), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace stayd::os
