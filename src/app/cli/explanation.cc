// SPDX-License-Identifier: Apache-2.0
#include "app/cli/explanation.h"

#include "app/cli/describe.h"
#include "app/cli/status_table.h"
#include "base/text.h"

namespace stayd::app {
namespace {

using control::InstanceView;

bool is_up(const InstanceView& instance) {
  return phase_of(instance.phase) == core::Phase::running;
}

std::string cause_line(const InstanceView& cause, WallTime now, const Style& style) {
  std::string text = printable(cause.instance);
  text.append(" ").append(phase_colour(cause, style));
  text.append(phase_clause(cause, now)).append(end_of_colour(style));
  const auto reason = reason_clause(cause);
  if (!reason.empty()) text.append(": ").append(reason);
  return text.append("\n");
}

/// What the line above leaves open: the last words of what ended, and how a life before ended.
std::string more_lines(const InstanceView& cause, WallTime now) {
  std::string text;
  if (!cause.status_text.empty()) {
    text.append("  says: ").append(printable(cause.status_text)).append("\n");
  }
  const auto& exit = cause.last_exit;
  const auto ending = exit_clause(exit);
  if (is_up(cause) && !ending.empty()) {
    text.append("  the run before this one: ").append(ending);
    if (exit.at.ns != 0) text.append(", ").append(age(exit.at, now)).append(" ago");
    text.append("; ").append(std::to_string(cause.restarts));
    text.append(cause.restarts == 1 ? " restart so far\n" : " restarts so far\n");
  }
  if (!exit.line.empty()) {
    text.append("  last line: ").append(printable(exit.line)).append("\n");
  }
  if (cause.orphans != 0) {
    text.append("  ")
        .append(orphans_text(cause.orphans))
        .append(": its processes leave children behind\n");
  }
  if (cause.suspended) {
    text.append("  its main process is stopped by a signal (stayd kill -s CONT continues it)\n");
  }
  if (!cause.trouble.empty()) text.append("  log: ").append(printable(cause.trouble)).append("\n");
  return text;
}

}  // namespace

std::string render_explanation(std::span<const InstanceView> causes, WallTime now,
                               const Style& style) {
  std::string text;
  for (const InstanceView& cause : causes) {
    text.append(cause_line(cause, now, style)).append(more_lines(cause, now));
  }
  return text;
}

}  // namespace stayd::app
