// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_options.h"

#include <array>

#include "app/cli/log_time.h"

namespace stayd::app {

namespace {

constexpr std::array<Option, 18> the_options{{
    {.name = "follow", .letter = 'f', .meaning = "go on with what comes, until ^C"},
    {.name = "lines",
     .letter = 'n',
     .value = "N",
     .meaning = "the last N lines only (with -f: 10 unless given)"},
    {.name = "reverse", .letter = 'r', .meaning = "the newest line first"},
    {.name = "stream", .value = "stdout|stderr", .meaning = "this output only"},
    {.name = "since",
     .value = "TIME",
     .meaning = "what came since: 10m (ago), 14:30, today, yesterday, 2026-11-25, "
                "\"2026-11-25 14:30\", RFC 3339"},
    {.name = "until", .value = "TIME", .meaning = "what came until then"},
    {.name = "run", .value = "N", .meaning = "the output of this run only"},
    {.name = "previous", .meaning = "of each instance, the run before the last that printed"},
    {.name = "grep",
     .letter = 'g',
     .value = "PATTERN",
     .meaning = "lines that match, a Perl-compatible regular expression (PCRE2)"},
    {.name = "ignore-case", .letter = 'i', .meaning = "--grep: whatever the case of letters"},
    {.name = "invert-match", .letter = 'v', .meaning = "--grep: lines that do not match"},
    {.name = "after-context", .letter = 'A', .value = "N", .meaning = "and N lines behind each"},
    {.name = "before-context", .letter = 'B', .value = "N", .meaning = "and N lines before each"},
    {.name = "context", .letter = 'C', .value = "N", .meaning = "and N lines on both sides"},
    {.name = "output",
     .letter = 'o',
     .value = "short|short-iso|plain|json|export",
     .meaning = "how lines are shown; plain: the text alone; export: as systemd's journal"},
    {.name = "no-prefix", .meaning = "leave the service's name out"},
    {.name = "no-pager", .meaning = "on a terminal: do not show it by less"},
    {.name = "json", .meaning = "the same as -o json"},
}};

constexpr std::int64_t most_context = 10'000;

Result<LogFormat> format_of(const Arguments& given) {
  const auto name = given.has("json") ? "json" : given.value("output").value_or("short");
  if (name == "short") return LogFormat::brief;
  if (name == "short-iso") return LogFormat::brief_iso;
  if (name == "plain") return LogFormat::plain;
  if (name == "json") return LogFormat::json;
  if (name == "export") return LogFormat::export_entries;
  return std::unexpected(given.misuse("-o takes short, short-iso, plain, json or export, not \"" +
                                      std::string(name) + "\""));
}

Result<std::optional<journal::LogKind>> stream_of(const Arguments& given) {
  const auto name = given.value("stream");
  if (!name) return std::nullopt;
  if (*name == "stdout") return journal::LogKind::out;
  if (*name == "stderr") return journal::LogKind::err;
  return std::unexpected(
      given.misuse("--stream takes stdout or stderr, not \"" + std::string(*name) + "\""));
}

Result<std::optional<WantedMatch>> match_of(const Arguments& given) {
  const auto pattern = given.value("grep");
  if (!pattern) {
    for (const auto* option :
         {"ignore-case", "invert-match", "after-context", "before-context", "context"}) {
      if (!given.has(option)) continue;
      return std::unexpected(given.misuse("--" + std::string(option) + " goes with --grep"));
    }
    return std::nullopt;
  }
  const auto context = TRY(given.number("context", 0, most_context)).value_or(0);
  const auto before = TRY(given.number("before-context", 0, most_context)).value_or(context);
  const auto after = TRY(given.number("after-context", 0, most_context)).value_or(context);
  return WantedMatch{.pattern = std::string(*pattern),
                     .any_case = given.has("ignore-case"),
                     .inverted = given.has("invert-match"),
                     .before = static_cast<std::size_t>(before),
                     .after = static_cast<std::size_t>(after)};
}

Status check_together(const Arguments& given, const WantedLogs& wanted) {
  if (wanted.previous && wanted.run) {
    return std::unexpected(given.misuse("--run and --previous exclude each other"));
  }
  if (wanted.follow && (wanted.until || wanted.previous)) {
    return std::unexpected(given.misuse("-f cannot follow what is over (--until, --previous)"));
  }
  if (wanted.follow && wanted.reverse) {
    return std::unexpected(given.misuse("-f and --reverse exclude each other"));
  }
  return {};
}

}  // namespace

std::span<const Option> logs_options() { return the_options; }

Result<WantedLogs> wanted_logs(const Arguments& given, WallTime now) {
  WantedLogs wanted;
  wanted.format = TRY(format_of(given));
  wanted.stream = TRY(stream_of(given));
  wanted.match = TRY(match_of(given));
  wanted.follow = given.has("follow");
  wanted.reverse = given.has("reverse");
  wanted.prefix = !given.has("no-prefix");
  wanted.pager = !given.has("no-pager");
  if (const auto run = TRY(given.number("run", 1, INT64_MAX))) {
    wanted.run = RunId{static_cast<std::uint64_t>(*run)};
  }
  if (const auto lines = TRY(given.number("lines", 0, 1'000'000'000))) {
    wanted.lines = static_cast<std::size_t>(*lines);
  }
  wanted.since = TRY(moment_of(given, "since", now));
  wanted.until = TRY(moment_of(given, "until", now));
  wanted.previous = given.has("previous");
  TRY(check_together(given, wanted));
  const bool is_narrowed = wanted.since || wanted.run;
  if (wanted.follow && !wanted.lines && !is_narrowed) wanted.lines = 10;
  return wanted;
}

}  // namespace stayd::app
