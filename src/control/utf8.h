// SPDX-License-Identifier: Apache-2.0
// UTF-8 as JSON needs it.
#pragma once

#include <cstddef>
#include <string_view>

namespace stayd::control {

/// Length of the valid UTF-8 sequence (Unicode 15, table 3-7) at `at`; 0: invalid there.
std::size_t sequence_length(std::string_view text, std::size_t at);

}  // namespace stayd::control
