// SPDX-License-Identifier: Apache-2.0
// ENSURE: a condition that the code around it guarantees. On in all builds; a failed one aborts,
// and what follows is designed: the keeper starts the next supervisor. Never for a user's input.
#pragma once

namespace stayd {

/// Called with the text of the failed check before the process aborts; writes nothing itself (base
/// makes no system call). The default does nothing; os/crash.h installs one that notes the text.
using CheckHandler = void (*)(const char* condition, const char* file, int line);
void set_check_handler(CheckHandler handler);

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace stayd

#define ENSURE(condition)                                    \
  do {                                                       \
    if (!(condition)) [[unlikely]]                           \
      ::stayd::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
