// SPDX-License-Identifier: Apache-2.0
// `stayd history`: past runs, from the record of events. No supervisor need run.
#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "app/cli/event_file.h"
#include "app/cli/history_table.h"
#include "app/cli/log_place.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "os/process.h"

namespace stayd::app {
namespace {

constexpr std::array<Option, 2> history_options{{
    {.name = "lines", .letter = 'n', .value = "N", .meaning = "the last N runs only"},
    {.name = "json", .meaning = "one JSON document (docs/events.md)"},
}};

bool is_there(const PastRun& run) {
  return run.start.pid > 0 &&
         os::process_info(static_cast<std::int32_t>(run.start.pid)).has_value();
}

int show_history(const std::string& log_dir, const Arguments& given, std::size_t most) {
  auto file = EventFile::open(log_dir);
  if (!file) return report_no_events(log_dir, file.error());
  RunHistory history;
  while (const auto line = file->next()) {
    const bool is_meant = line->event.instance.empty() || is_about(line->event, given.operands());
    if (is_meant) history.take(line->event);
  }
  std::span<const PastRun> runs = history.runs();
  if (runs.empty() && !given.operands().empty()) {
    complain("no run of " + printable(given.operands().front()) + " is recorded in " + log_dir);
    return exit_no_such_service;
  }
  runs = runs.last(std::min(most, runs.size()));
  print(given.has("json") ? history_json(runs)
                          : render_history(runs, is_there, style_of(Stream::output)));
  return exit_done;
}

}  // namespace

constinit const Syntax history_syntax{
    .verb = "history",
    .operands = "[NAME...]",
    .options = history_options,
    .summary = "shows past runs: why they were started, how they ended, what they took",
    .details =
        "NAME is an instance, a service or a shell glob; without one, every service. RAN is from "
        "start to end; CPU and PEAK (resident memory) are of the main process and of the children "
        "that it waited for; LOGGED is what it printed into its log. What is not known is a \"-\": "
        "of a run that a supervisor took over from another, CPU and PEAK. The record of events in "
        "the log folder is read: a supervisor need not run.",
    .reach = Reach::supervisor};

int history_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(history_syntax, arguments);
  if (!given) return given.error();
  const auto lines = given->number("lines", 0, 1'000'000'000);
  if (!lines) return report({exit_usage, lines.error().message});
  const auto log_dir = log_dir_of(*given);
  if (!log_dir) return report(log_dir.error());
  return show_history(*log_dir, *given, static_cast<std::size_t>(lines->value_or(INT64_MAX)));
}

}  // namespace stayd::app
