// SPDX-License-Identifier: Apache-2.0
// The end of an instance's current log files, by their index: enough for a look. `stayd logs` reads
// all of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "control/instance_view.h"

namespace stayd::app {

/// At most `count` lines of stdout and stderr in the order in which they came, the last one last.
/// Looks at no more than the last 64 KiB of each. Unknown bytes; empty when there is no log.
std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    std::size_t count);

/// The last line that the ended run of `instance` left on stderr, or else on stdout (where a merged
/// stream goes); empty when it left none.
std::string last_words(const std::string& log_dir, const control::InstanceView& instance);

/// Bytes of a log that came together.
struct Burst {
  std::int64_t at = 0;  ///< orders bursts
  bool is_error = false;
  std::string_view text;
};
/// The lines of bursts, in the order of `at`: a line is put together from bursts of its own stream
/// and stands where it ended. Pure.
std::vector<std::string> lines_of(std::vector<Burst> bursts);

}  // namespace stayd::app
