// SPDX-License-Identifier: Apache-2.0
// What keys of [service.NAME.log] must be to each other.
#pragma once

#include "config/draft.h"

namespace stayd::config {

/// Reports what does not fit together. The defaults are applied.
void check_log(Report& report, const ServiceDraft& draft);

}  // namespace stayd::config
