// SPDX-License-Identifier: Apache-2.0
// Moments as people give them to `--since` and `--until`, and as lines of logs and events show
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/cli/arguments.h"
#include "base/result.h"
#include "base/time.h"

namespace stayd::app {

/// "10m" (so long before `now`); "14:30", "14:30:05" (the last time that the local clock showed
/// it); "today", "yesterday" (local midnight); "2026-11-25", "2026-11-25 14:30:05.5" (local);
/// "2026-11-25T14:30:05Z", "...+01:00" (RFC 3339). The Error says what was expected.
Result<WallTime> parse_moment(std::string_view text, WallTime now);

/// The moment that `option` gives; none: it is not given. The Error's message is whole.
Result<std::optional<WallTime>> moment_of(const Arguments& given, std::string_view option,
                                          WallTime now);

/// "2026-11-25T14:30:05.123456789Z", "...+01:00"; none: it is not of this form.
std::optional<WallTime> parse_rfc3339(std::string_view text);

/// brief: "Nov 25 12:01:21.123"; iso: "2026-11-25T12:01:21.123+00:00".
enum class LocalTime : std::uint8_t { brief, iso };
std::string format_local(WallTime at, LocalTime format);

}  // namespace stayd::app
