// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_export.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace stayd::app {

namespace {

bool is_one_line(std::string_view value) {
  const bool has_control = std::ranges::any_of(value, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < ' ' && byte != '\t';
  });
  return !has_control && is_utf8(value);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  if (is_one_line(value)) {
    out.append("=").append(value).push_back('\n');
    return;
  }
  out += '\n';
  std::uint64_t length = value.size();
  for (std::size_t i = 0; i < sizeof length; ++i, length >>= 8) {
    out += static_cast<char>(length & 0xff);
  }
  out.append(value).push_back('\n');
}

std::string message_of(const journal::LogLine& line) {
  if (line.lost > 0) return std::to_string(line.lost) + " bytes of output were not kept here";
  if (line.unreadable > 0) return std::to_string(line.unreadable) + " bytes cannot be read here";
  return std::to_string(line.missing_segments) + " segments of the log had been removed here";
}

}  // namespace

void append_export(std::string& out, const LogSource& source, const journal::LogLine& line) {
  constexpr std::int64_t microsecond = 1000;
  if (line.at.wall.ns > 0) {
    append_field(out, "__REALTIME_TIMESTAMP", std::to_string(line.at.wall.ns / microsecond));
  }
  if (line.time_known && line.at.since_boot.ns > 0) {
    append_field(out, "__MONOTONIC_TIMESTAMP", std::to_string(line.at.since_boot.ns / microsecond));
  }
  append_field(out, "PRIORITY", line.is_notice() ? "4" : "6");  // syslog(3): warning, info
  append_field(out, "SYSLOG_IDENTIFIER", source.instance);
  append_field(out, "STAYD_INSTANCE", source.instance);
  append_field(out, "STAYD_STREAM", journal::word(source.kind));
  if (line.run != no_run) {
    append_field(out, "STAYD_RUN", std::to_string(number_of(line.run)));
  }
  if (line.end == journal::LineEnd::more) append_field(out, "STAYD_PARTIAL", "1");
  append_field(out, "MESSAGE", line.is_notice() ? message_of(line) : line.text);
  out += '\n';
}

}  // namespace stayd::app
