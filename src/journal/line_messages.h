// SPDX-License-Identifier: Apache-2.0
// A line of a service as a syslog daemon and systemd's journal are told it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/line_assembler.h"
#include "journal/line_text.h"

namespace stayd::journal {

/// Severities of syslog(3).
inline constexpr int severity_error = 3;
inline constexpr int severity_warning = 4;
inline constexpr int severity_info = 6;

struct LineMessage {
  LineSource source;
  std::string_view tag;       ///< who says it
  std::uint8_t facility = 3;  ///< of syslog(3)
  int severity = severity_info;
  std::string_view text;  ///< without a line end
  PartEnd end = PartEnd::line_end;
};

/// A line that begins with "<0>" to "<7>" says its own severity (sd-daemon(3)): that is taken from
/// it. Others of standard error are errors, the rest is info.
int take_severity(std::string_view& line, StreamKind kind);

/// "<30>web: text": what syslog(3) sends to /dev/log, without its time, which every daemon then
/// takes from its own clock, and without a process's number. Control bytes as \xNN.
void append_syslog(std::string& out, const LineMessage& message);

/// The fields of systemd's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): MESSAGE,
/// PRIORITY, SYSLOG_FACILITY, SYSLOG_IDENTIFIER, STAYD_INSTANCE, STAYD_RUN, STAYD_STREAM, and
/// STAYD_PARTIAL=1 where the line goes on in the next message.
void append_journal(std::string& out, const LineMessage& message);

}  // namespace stayd::journal
