// SPDX-License-Identifier: Apache-2.0
// `extends`: a service's table over that of another service or template.
#pragma once

#include <vector>

#include "config/documents.h"

namespace stayd::config {

/// Each service's whole table, in the order of documents.services: its own keys over those that it
/// extends, tables merged, other values replaced. Unknown names and cycles are reported. Takes the
/// tables out of `documents`.
std::vector<Value> merge_extended(Documents& documents, Report& report);

}  // namespace stayd::config
