// SPDX-License-Identifier: Apache-2.0
// The end of an instance's current log files: enough for a look. `stayd logs` reads all of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "control/instance_view.h"
#include "journal/segment_names.h"

namespace stayd::app {

/// At most `count` lines (of at most 4 KiB together with 64 KiB looked at), the last one last;
/// empty when there is no such file, or nothing was written to it since `since`. Unknown bytes.
std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    journal::LogKind kind, std::size_t count, WallTime since = {});

/// The last line that the ended run of `instance` left on stderr, or else on stdout (where a merged
/// stream goes); empty when it left none.
std::string last_words(const std::string& log_dir, const control::InstanceView& instance);

/// The lines of `text`'s end; pure.
std::vector<std::string> lines_at_end(std::string_view text, std::size_t count);

}  // namespace stayd::app
