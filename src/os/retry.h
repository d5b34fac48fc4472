// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>

namespace stayd::os {

/// Repeats a system call that gives -1 and errno for as long as a signal interrupts it.
template <typename Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace stayd::os
