// SPDX-License-Identifier: Apache-2.0
// The end of an instance's log, as text for a look: of a progress bar its last state, without
// colours.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "control/instance_view.h"

namespace stayd::app {

/// At most `count` lines of stdout and stderr in the order in which they came, the last one last.
/// Looks at no more than 64 lines. Empty when there is no log.
std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    std::size_t count);

/// The last line that the ended run of `instance` left on stderr, or else on stdout (where a merged
/// stream goes), whichever segment it is in; empty when it left none.
std::string last_words(const std::string& log_dir, const control::InstanceView& instance);

}  // namespace stayd::app
