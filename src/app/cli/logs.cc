// SPDX-License-Identifier: Apache-2.0
// `stayd logs`: reads the log folder itself, so it needs no running supervisor.
#include <optional>
#include <string>
#include <utility>

#include "app/cli/log_filter.h"
#include "app/cli/log_folder.h"
#include "app/cli/log_follow.h"
#include "app/cli/log_merge.h"
#include "app/cli/log_options.h"
#include "app/cli/log_pager.h"
#include "app/cli/log_pattern.h"
#include "app/cli/log_place.h"
#include "app/cli/log_printer.h"
#include "app/cli/log_runs.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "os/clock.h"
#include "os/process.h"

namespace stayd::app {

namespace {

/// Goes back over the last `lines` lines that are asked for, and the context of the first, which is
/// among lines of other instances; `merge` then gives them.
Status go_to_last(LogMerge& merge, LogFilter& filter, const WantedLogs& wanted) {
  constexpr std::size_t most_between = 10'000;
  merge.begin_behind();
  std::size_t left = *wanted.lines;
  std::string instance;
  while (left > 0) {
    const auto given = merge.take();
    if (!given) break;
    if (given->line.is_notice() || !TRY(filter.matches(given->line))) continue;
    --left;
    instance = merge.source(given->source).instance;
  }
  std::size_t context = wanted.match && *wanted.lines > 0 ? wanted.match->before : 0;
  std::size_t matches = 0;
  for (std::size_t looked = 0; context > 0 && looked < most_between; ++looked) {
    const auto given = merge.take();
    if (!given) break;
    if (merge.source(given->source).instance == instance) --context;
    if (!given->line.is_notice() && TRY(filter.matches(given->line))) ++matches;
  }
  filter.ignore_matches(matches);
  merge.turn_ahead();
  return {};
}

/// Backwards from the end, at most `wanted.lines`.
Status show_behind(LogMerge& merge, LogFilter& filter, LogPrinter& printer,
                   const WantedLogs& wanted) {
  merge.begin_behind();
  std::size_t left = wanted.lines.value_or(SIZE_MAX);
  while (left > 0 && !printer.is_gone()) {
    const auto given = merge.take();
    if (!given) break;
    const bool counts = !given->line.is_notice() && TRY(filter.matches(given->line));
    if (counts) --left;
    LogSource& source = merge.source(given->source);
    TRY(filter.take(source, given->line));
    if (!counts) continue;
    // The rest of a line that is too long for one piece.
    const auto begin = source.reader.position();
    bool goes_on = given->line.text.size() == journal::most_line_bytes;
    (void)(goes_on && source.reader.next());
    while (goes_on && given->line.end == journal::LineEnd::more && !printer.is_gone()) {
      const auto piece = source.reader.next();
      if (!piece || piece->is_notice()) break;
      printer.print(source, *piece);
      goes_on = piece->end == journal::LineEnd::more &&
                source.reader.position().segment.number == begin.segment.number;
    }
    source.reader.go_back(begin);
    printer.end_line();
  }
  return {};
}

struct LogView {
  LogFolder folder;
  WantedLogs wanted;
  LogStyle style;
  std::optional<LogPattern> pattern;
};

Status show(LogView& view, LogMerge& merge) {
  LogPrinter printer(view.style);
  printer.widen_names(view.folder.name_width());
  LogFilter filter(printer, view.style, view.wanted.match, std::move(view.pattern));
  if (view.wanted.reverse) {
    const Status shown = show_behind(merge, filter, printer, view.wanted);
    printer.end();
    (void)printer.flush();
    return shown;
  }
  if (view.wanted.lines) {
    TRY(go_to_last(merge, filter, view.wanted));
  } else {
    merge.begin_ahead();
  }
  const Status shown = show_lines(merge, filter, printer);
  if (!view.wanted.follow) printer.end();
  (void)printer.flush();
  if (!shown || !view.wanted.follow || printer.is_gone()) return shown;
  const bool shows_unfinished = view.style.terminal && !view.wanted.match &&
                                view.style.format != LogFormat::json &&
                                view.style.format != LogFormat::export_entries;
  return LogFollower(view.folder, merge, filter, printer)
      .run(shows_unfinished ? Unfinished::is_shown : Unfinished::waits);
}

/// None: go on.
std::optional<int> find_logs(LogView& view, LogMerge& merge) {
  const std::string& log_dir = view.folder.path();
  const bool follow = view.wanted.follow;
  if (const Status found = view.folder.find(merge); !found) {
    if (!follow || found.error().number != ENOENT) return report_folder(found.error());
    complain("there is no " + log_dir + " yet: waiting for it");
  } else if (view.folder.report_stranger()) {
    if (!follow) return exit_no_such_service;  // else it may begin to print
  } else if (merge.size() == 0 && !follow) {
    complain(view.wanted.previous ? "there is no run before the last in " + log_dir
                                  : "there are no logs in " + log_dir);
    return exit_no_such_service;
  }
  return view.wanted.run ? report_run(merge, view.wanted, log_dir) : std::nullopt;
}

int show_logs(LogView view) {
  // Two files for each log, all open at once where they overlap.
  (void)os::raise_descriptor_limit();
  LogMerge merge(view.wanted);
  if (const auto code = find_logs(view, merge)) return *code;
  auto pager = view.wanted.pager && !view.wanted.follow ? start_pager() : std::nullopt;
  const Status shown = show(view, merge);
  if (pager) pager->finish();
  if (shown) return exit_done;
  if (shown.error().number != ETIMEDOUT) return report_folder(shown.error());
  complain(shown.error().message);
  return exit_failed;
}

LogStyle style_for(const WantedLogs& wanted) {
  const Style style = style_of(Stream::output);
  return {.format = wanted.format,
          .prefix = wanted.prefix,
          .colours = style.colours,
          .terminal = style.width > 0};
}

}  // namespace

const Syntax logs_syntax{
    .verb = "logs",
    .operands = "[NAME...]",
    .options = logs_options(),
    .summary = "shows what services printed, merged by time",
    .details =
        "A NAME is a service (with all its replicas), an instance (web@2), or a shell glob; "
        "none means every service. @stayd is the supervisor's own log. The files are read "
        "directly: a supervisor need not run, but one that runs is asked where they are.",
    .reach = Reach::supervisor};

int logs_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(logs_syntax, arguments);
  if (!given) return given.error();
  const auto wanted = wanted_logs(*given, os::wall_now());
  if (!wanted) return report({exit_usage, wanted.error().message});
  std::optional<LogPattern> pattern;
  if (wanted->match) {
    const auto letter_case = wanted->match->any_case ? LetterCase::ignored : LetterCase::matters;
    auto compiled = LogPattern::compile(wanted->match->pattern, letter_case);
    if (!compiled) return report({exit_usage, compiled.error().message});
    pattern = std::move(*compiled);
  }
  auto log_dir = log_dir_of(*given);
  if (!log_dir) return report(log_dir.error());
  return show_logs({.folder = LogFolder(std::move(*log_dir), given->operands()),
                    .wanted = *wanted,
                    .style = style_for(*wanted),
                    .pattern = std::move(pattern)});
}

}  // namespace stayd::app
