// SPDX-License-Identifier: Apache-2.0
// How many descriptors a configuration takes, so that one which cannot fit is refused before
// anything starts.
#pragma once

#include <cstdint>

#include "model/spec.h"

namespace stayd::config {

struct DescriptorNeed {
  std::uint64_t instances = 0;
  std::uint64_t of_instances = 0;  ///< in the process that has most: supervisor or log writer
  std::uint64_t of_stayd = 0;      ///< its own
  [[nodiscard]] std::uint64_t total() const { return of_instances + of_stayd; }
};

/// With every instance running. `limit` decides how many slots spawn occupies.
DescriptorNeed descriptor_need(const model::Spec& spec, std::uint64_t limit);

}  // namespace stayd::config
