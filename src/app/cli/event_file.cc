// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_file.h"

#include <cerrno>
#include <utility>

#include "app/cli/log_place.h"
#include "app/cli/output.h"
#include "app/cli/target.h"

namespace stayd::app {

Result<EventFile> EventFile::open(const std::string& log_dir) {
  return EventFile(TRY(journal::LogReader::open(folder_of(log_dir), journal::LogKind::out)));
}

std::optional<EventLine> EventFile::event_of(journal::LogLine line) {
  if (line.is_notice()) {
    if (line.missing_segments == 0) ++damaged_;
    return std::nullopt;
  }
  auto event = read_event(line.text);
  if (event) return EventLine{std::move(line.text), std::move(*event)};
  if (!line.text.empty()) ++damaged_;
  return std::nullopt;
}

std::optional<EventLine> EventFile::next() {
  while (auto line = reader_.next())
    if (auto event = event_of(std::move(*line))) return event;
  return std::nullopt;
}

std::optional<EventLine> EventFile::previous() {
  while (auto line = reader_.previous())
    if (auto event = event_of(std::move(*line))) return event;
  return std::nullopt;
}

/// Behind the last whole line: the rest of one that is being written comes with next().
journal::LogReader::Position EventFile::seek_end() {
  reader_.seek_end();
  const auto end = reader_.position();
  const auto last = reader_.previous();
  if (last && !last->is_notice() && last->end != journal::LineEnd::line_end)
    return reader_.position();
  reader_.go_back(end);
  return end;
}

int report_no_events(const std::string& log_dir, const Error& error) {
  if (error.number != ENOENT) return report_folder(error);
  return report({exit_failed, "no events are recorded in " + log_dir +
                                  ": nothing has run there, or the configuration says events = "
                                  "false"});
}

}  // namespace stayd::app
