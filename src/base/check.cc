// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

namespace stayd {
namespace {
CheckHandler g_handler = nullptr;
}

void set_check_handler(CheckHandler handler) { g_handler = handler; }

void check_failed(const char* condition, const char* file, int line) {
  if (g_handler != nullptr) g_handler(condition, file, line);
  __builtin_trap();
}

}  // namespace stayd
