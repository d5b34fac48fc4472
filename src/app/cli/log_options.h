// SPDX-License-Identifier: Apache-2.0
// What `stayd logs` is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "journal/segment_names.h"

namespace stayd::app {

enum class LogFormat : std::uint8_t { brief, brief_iso, plain, json, export_entries };

/// --grep and what belongs to it.
struct WantedMatch {
  std::string pattern;
  bool any_case = false;              ///< -i
  bool inverted = false;              ///< -v
  std::size_t before = 0, after = 0;  ///< lines of context
};

struct WantedLogs {
  std::optional<std::size_t> lines;
  std::optional<journal::LogKind> stream;
  std::optional<RunId> run;
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  std::optional<WantedMatch> match;
  LogFormat format = LogFormat::brief;
  bool previous = false;
  bool follow = false;
  bool prefix = true;
  bool reverse = false;
  bool pager = true;
};

/// Of logs_syntax.
std::span<const Option> logs_options();
/// The Error's message is whole.
Result<WantedLogs> wanted_logs(const Arguments& given, WallTime now);

}  // namespace stayd::app
