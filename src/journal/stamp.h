// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "journal/index_format.h"

namespace stayd::journal {

/// Both clocks now, and this boot's number (read once a process; 0 without /proc).
Stamp stamp_now();

}  // namespace stayd::journal
