// SPDX-License-Identifier: Apache-2.0
// The journal export format of systemd (https://systemd.io/JOURNAL_EXPORT_FORMATS/), as
// `journalctl -o export` writes and systemd-journal-remote reads it.
#pragma once

#include <string>

#include "app/cli/log_merge.h"

namespace stayd::app {

/// Appends one entry: fields as NAME=value lines, or where the value is more than one line of
/// printable UTF-8 as NAME, line end, u64 length (little-endian), value; then an empty line.
void append_export(std::string& out, const LogSource& source, const journal::LogLine& line);

}  // namespace stayd::app
