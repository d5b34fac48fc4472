// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>

namespace stayd::runtime {

/// The boundary of std::bad_alloc, which the standard library throws: around one descriptor's
/// handling, around one action, around one event's record. What was under way is given up: a spawn
/// fails and is tried again, a signal is followed by its deadline, a caller gets no reply. Steps
/// stand outside: they allocate nothing (Supervisor::begin reserves what they need).
template <typename Work>
bool guarded(Work work) {
  try {
    work();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace stayd::runtime
