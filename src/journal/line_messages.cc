// SPDX-License-Identifier: Apache-2.0
#include "journal/line_messages.h"

#include "journal/segment_names.h"
#include "journal/shown_text.h"

namespace stayd::journal {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += '=';
  out += value;
  out += '\n';
}

}  // namespace

int take_severity(std::string_view& line, StreamKind kind) {
  if (line.size() >= 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
    const int severity = line[1] - '0';
    line.remove_prefix(3);
    return severity;
  }
  return kind == StreamKind::stderr_only ? severity_error : severity_info;
}

void append_syslog(std::string& out, const LineMessage& message) {
  out += '<';
  out += std::to_string(message.facility * 8 + message.severity);
  out += '>';
  out += message.tag;
  out += ": ";
  append_shown(out, message.text, Colours::removed);
}

// A value may hold every byte but a line end, which a line does not have.
void append_journal(std::string& out, const LineMessage& message) {
  append_field(out, "MESSAGE", message.text);
  append_field(out, "PRIORITY", std::to_string(message.severity));
  append_field(out, "SYSLOG_FACILITY", std::to_string(message.facility));
  append_field(out, "SYSLOG_IDENTIFIER", message.tag);
  append_field(out, "STAYD_INSTANCE", message.source.instance);
  append_field(out, "STAYD_RUN", std::to_string(number_of(message.source.run)));
  append_field(out, "STAYD_STREAM", word(log_kind_of(message.source.kind)));
  if (message.end == PartEnd::continues) append_field(out, "STAYD_PARTIAL", "1");
}

}  // namespace stayd::journal
