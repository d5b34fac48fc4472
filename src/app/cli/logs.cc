// SPDX-License-Identifier: Apache-2.0
// `stayd logs`: reads the log folder itself, so it needs no running supervisor.
#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/log_place.h"
#include "app/cli/log_time.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "control/json_writer.h"
#include "journal/reader.h"
#include "journal/shown_text.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/folder_watch.h"

namespace stayd::app {

namespace {

constexpr std::array<Option, 10> logs_options{{
    {.name = "follow", .letter = 'f', .meaning = "go on with what comes, until ^C"},
    {.name = "lines",
     .letter = 'n',
     .value = "N",
     .meaning = "the last N lines only (with -f: 10 unless given)"},
    {.name = "stream", .value = "stdout|stderr", .meaning = "this output only"},
    {.name = "since",
     .value = "TIME",
     .meaning = "what came since: 10m (ago), 14:30, 2026-11-25, \"2026-11-25 14:30\", RFC 3339"},
    {.name = "until", .value = "TIME", .meaning = "what came until then"},
    {.name = "run", .value = "N", .meaning = "the output of this run only"},
    {.name = "previous", .meaning = "of each instance, the run before the last that printed"},
    {.name = "output",
     .letter = 'o',
     .value = "short|short-iso|plain|json",
     .meaning = "how lines are shown; plain: the text alone"},
    {.name = "no-prefix", .meaning = "leave the service's name out"},
    {.name = "json", .meaning = "the same as -o json"},
}};

enum class Format : std::uint8_t { brief, brief_iso, plain, json };

struct Wanted {
  std::optional<std::size_t> lines;
  std::optional<journal::LogKind> stream;
  std::optional<RunId> run;
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  bool previous = false;
  Format format = Format::brief;
  bool follow = false;
  bool prefix = true;
};

/// One log that is read, with its next line.
struct Source {
  std::string instance;
  journal::LogKind kind = journal::LogKind::out;
  journal::LogReader reader;
  std::optional<RunId> run;  ///< only lines of this one
  std::optional<journal::LogLine> line;
  bool is_over = false;  ///< what comes now is later than wanted
};

Result<Format> format_of(const Arguments& given) {
  const auto name = given.has("json") ? "json" : given.value("output").value_or("short");
  if (name == "short") return Format::brief;
  if (name == "short-iso") return Format::brief_iso;
  if (name == "plain") return Format::plain;
  if (name == "json") return Format::json;
  return std::unexpected(
      given.misuse("-o takes short, short-iso, plain or json, not \"" + std::string(name) + "\""));
}

Result<std::optional<journal::LogKind>> stream_of(const Arguments& given) {
  const auto name = given.value("stream");
  if (!name) return std::nullopt;
  if (*name == "stdout") return journal::LogKind::out;
  if (*name == "stderr") return journal::LogKind::err;
  return std::unexpected(
      given.misuse("--stream takes stdout or stderr, not \"" + std::string(*name) + "\""));
}

Result<std::optional<WallTime>> moment_of(const Arguments& given, std::string_view option) {
  const auto text = given.value(option);
  if (!text) return std::nullopt;
  const auto moment = parse_moment(*text, os::wall_now());
  if (moment) return *moment;
  return std::unexpected(given.misuse("--" + std::string(option) + ": " + moment.error().message));
}

Result<Wanted> wanted_of(const Arguments& given) {
  Wanted wanted;
  wanted.format = TRY(format_of(given));
  wanted.stream = TRY(stream_of(given));
  wanted.follow = given.has("follow");
  wanted.prefix = !given.has("no-prefix");
  if (const auto run = TRY(given.number("run", 1, INT64_MAX))) {
    wanted.run = RunId{static_cast<std::uint64_t>(*run)};
  }
  if (const auto lines = TRY(given.number("lines", 0, 1'000'000'000))) {
    wanted.lines = static_cast<std::size_t>(*lines);
  }
  wanted.since = TRY(moment_of(given, "since"));
  wanted.until = TRY(moment_of(given, "until"));
  wanted.previous = given.has("previous");
  if (wanted.previous && wanted.run) {
    return std::unexpected(given.misuse("--run and --previous exclude each other"));
  }
  if (wanted.follow && (wanted.until || wanted.previous)) {
    return std::unexpected(given.misuse("-f cannot follow what is over (--until, --previous)"));
  }
  const bool is_narrowed = wanted.since || wanted.run;
  if (wanted.follow && !wanted.lines && !is_narrowed) wanted.lines = 10;
  return wanted;
}

/// "web" means web and each of its replicas; without patterns, all but stayd's own (@stayd).
bool is_meant(const std::vector<std::string_view>& patterns, std::string_view instance) {
  if (patterns.empty()) return !instance.starts_with('@');
  const std::string_view service = instance.substr(0, instance.find('@', 1));
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    return glob_match(pattern, instance) || pattern == service;
  });
}

class LogView {
 public:
  LogView(std::string log_dir, std::vector<std::string_view> patterns, const Wanted& wanted)
      : log_dir_(std::move(log_dir)), patterns_(std::move(patterns)), wanted_(wanted) {}

  /// Opens the logs that are there and were not before. Fails when the log folder cannot be read.
  Status find_logs(std::optional<std::size_t> last_lines);
  [[nodiscard]] bool empty() const { return sources_.empty(); }
  /// The first NAME that no log has, and the nearest that one has (may be empty).
  [[nodiscard]] std::optional<std::pair<std::string, std::string>> stranger() const;
  void show_all();
  Status follow();

 private:
  Status add(const std::string& instance, std::optional<std::size_t> last_lines);
  void advance(Source& source);
  Result<std::optional<RunId>> run_of(const std::string& instance) const;
  void seek(Source& source, std::optional<std::size_t> last_lines) const;
  [[nodiscard]] bool passes(const Source& source) const;
  Source* earliest();
  void print_line(const Source& source, const journal::LogLine& line);
  void print_json(const Source& source, const journal::LogLine& line);
  void flush();

  std::string log_dir_;
  std::vector<std::string_view> patterns_;
  Wanted wanted_;
  Style style_ = style_of(Stream::output);
  std::vector<std::string> names_;  ///< of the folders
  std::vector<Source> sources_;
  std::size_t name_width_ = 0;
  std::string out_;
};

Status LogView::find_logs(std::optional<std::size_t> last_lines) {
  const os::Fd folder = TRY(os::open_folder(log_dir_));
  auto names = os::list_folder(folder.view());
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (!is_meant(patterns_, name)) continue;
    const bool known = std::ranges::any_of(
        sources_, [&](const Source& source) { return source.instance == name; });
    if (!known) TRY(add(name, last_lines));
  }
  names_ = std::move(names);
  return {};
}

std::optional<std::pair<std::string, std::string>> LogView::stranger() const {
  for (const std::string_view pattern : patterns_) {
    const bool is_known = std::ranges::any_of(
        names_, [&](const std::string& name) { return is_meant({pattern}, name); });
    if (is_known) continue;
    std::vector<std::string_view> known;
    for (const std::string_view name : names_) {
      known.push_back(name.substr(0, name.find('@', 1)));
      known.push_back(name);
    }
    return std::pair(std::string(pattern),
                     std::string(nearest(pattern, known.data(), known.size()).value_or("")));
  }
  return std::nullopt;
}

/// The run that is shown of an instance; none: every one.
Result<std::optional<RunId>> LogView::run_of(const std::string& instance) const {
  if (!wanted_.previous) return wanted_.run;
  RunId bound{UINT64_MAX};
  for (int back = 0; back < 2; ++back) {
    RunId greatest = no_run;
    for (const auto kind : {journal::LogKind::out, journal::LogKind::err}) {
      const auto reader = TRY(journal::LogReader::open(log_dir_ + "/" + instance, kind));
      greatest = std::max(greatest, reader.run_before(bound).value_or(no_run));
    }
    bound = greatest;
  }
  return bound;  // no_run: nothing is shown
}

void LogView::seek(Source& source, std::optional<std::size_t> last_lines) const {
  if (source.run) {
    source.reader.seek_run(*source.run);
  } else if (wanted_.since) {
    source.reader.seek_time(*wanted_.since);
  } else if (last_lines) {
    source.reader.seek_last(*last_lines);
  }
}

Status LogView::add(const std::string& instance, std::optional<std::size_t> last_lines) {
  if (const auto entry = os::open_folder(log_dir_ + "/" + instance); !entry) {
    if (entry.error().number == ENOTDIR) return {};
    return std::unexpected(entry.error());
  }
  const auto run = TRY(run_of(instance));
  if (run == no_run) return {};
  for (const auto kind : {journal::LogKind::out, journal::LogKind::err}) {
    if (wanted_.stream && *wanted_.stream != kind) continue;
    auto reader = TRY(journal::LogReader::open(log_dir_ + "/" + instance, kind));
    sources_.push_back(
        {.instance = instance, .kind = kind, .reader = std::move(reader), .run = run});
    seek(sources_.back(), last_lines);
    name_width_ = std::max(name_width_, instance.size());
  }
  return {};
}

bool LogView::passes(const Source& source) const {
  const journal::LogLine& line = *source.line;
  if (source.run && line.run != *source.run) return false;
  return !wanted_.since || line.at >= *wanted_.since;
}

void LogView::advance(Source& source) {
  do {
    source.line = source.reader.next();
    if (!source.line && !wanted_.follow) source.line = source.reader.rest();
    if (source.line && wanted_.until && source.line->at > *wanted_.until) {
      source.line.reset();
      source.is_over = true;
    }
  } while (source.line && !passes(source));
}

Source* LogView::earliest() {
  Source* first = nullptr;
  for (Source& source : sources_) {
    if (!source.line && !source.is_over) advance(source);
    if (source.line && (first == nullptr || source.line->at < first->line->at)) first = &source;
  }
  return first;
}

void LogView::print_line(const Source& source, const journal::LogLine& line) {
  if (wanted_.format == Format::json) return print_json(source, line);
  const bool coloured = style_.colours;
  if (wanted_.format != Format::plain) {
    out_ += line.time_known
                ? format_local(line.at, wanted_.format == Format::brief_iso ? LocalTime::iso
                                                                            : LocalTime::brief)
                : "-";
    out_ += ' ';
    if (wanted_.prefix) {
      const std::string colour = std::to_string(journal::colour_of_name(source.instance));
      if (coloured) out_ += "\x1b[" + colour + "m";
      out_ += source.instance;
      out_.append(name_width_ - std::min(name_width_, source.instance.size()), ' ');
      out_ += coloured ? " |\x1b[0m " : " | ";
    }
  }
  if (line.lost > 0) {
    out_ += "-- " + format_size_short(line.lost) + " of output were not kept here --";
  } else if (style_.width > 0 || wanted_.format != Format::plain) {
    const auto colours = coloured ? journal::Colours::kept : journal::Colours::removed;
    journal::append_shown(out_, line.text, colours);
  } else {
    out_ += line.text;
  }
  out_ += '\n';
}

void LogView::print_json(const Source& source, const journal::LogLine& line) {
  control::JsonWriter json;
  json.begin_object();
  if (line.time_known) json.text_field("time", format_rfc3339(line.at));
  json.text_field("instance", source.instance);
  json.text_field("stream", journal::word(source.kind));
  if (line.run != no_run) json.unsigned_field("run", number_of(line.run));
  if (line.lost > 0) {
    json.unsigned_field("lost", line.lost);
  } else {
    json.text_field("text", line.text);
  }
  json.end_object();
  out_ += json.take();
  out_ += '\n';
}

void LogView::flush() {
  if (!out_.empty()) print(out_);
  out_.clear();
}

void LogView::show_all() {
  // The last N of all: each log gave its last N.
  std::vector<std::pair<const Source*, journal::LogLine>> last;
  const bool limited = wanted_.lines.has_value();
  while (Source* source = earliest()) {
    journal::LogLine line = *std::exchange(source->line, std::nullopt);
    if (!limited) {
      print_line(*source, line);
    } else {
      last.emplace_back(source, std::move(line));
      if (last.size() > 2 * *wanted_.lines + 1000) {
        last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(*wanted_.lines));
      }
    }
    if (out_.size() > 65536) flush();
  }
  const std::size_t skipped =
      limited && last.size() > *wanted_.lines ? last.size() - *wanted_.lines : 0;
  for (std::size_t i = skipped; i < last.size(); ++i) print_line(*last[i].first, last[i].second);
  flush();
}

Status LogView::follow() {
  auto watch = TRY(os::FolderWatch::create());
  TRY(watch.watch(log_dir_));
  wanted_.lines.reset();
  for (;;) {
    for (const Source& source : sources_) TRY(watch.watch(log_dir_ + "/" + source.instance));
    show_all();
    watch.wait(seconds(3600));
    TRY(find_logs(std::nullopt));
  }
}

/// Says which NAME has no log.
void complain_of(const std::pair<std::string, std::string>& stranger, const std::string& log_dir) {
  const auto& [name, near] = stranger;
  complain("there are no logs of \"" + printable(name) + "\" in " + log_dir +
           (near.empty() ? "" : " (did you mean " + printable(near) + "?)"));
}

int show_logs(const std::string& log_dir, const Arguments& given, const Wanted& wanted) {
  LogView view(log_dir, given.operands(), wanted);
  // The lines are counted among those that pass.
  const bool is_narrowed = wanted.run || wanted.since || wanted.until || wanted.previous;
  if (const Status found = view.find_logs(is_narrowed ? std::nullopt : wanted.lines); !found) {
    return report_folder(found.error());
  }
  if (const auto stranger = view.stranger()) {
    complain_of(*stranger, log_dir);
    if (!wanted.follow) return exit_no_such_service;  // else it may begin to print
  } else if (view.empty() && !wanted.follow) {
    complain(wanted.previous ? "there is no run before the last in " + log_dir
                             : "there are no logs in " + log_dir);
    return exit_no_such_service;
  }
  view.show_all();
  if (!wanted.follow) return exit_done;
  const Status ended = view.follow();
  return ended ? exit_done : report_folder(ended.error());
}

}  // namespace

const Syntax logs_syntax{
    .verb = "logs",
    .operands = "[NAME...]",
    .options = logs_options,
    .summary = "shows what services printed, merged by time",
    .details =
        "A NAME is a service (with all its replicas), an instance (web@2), or a shell glob; "
        "none means every service. @stayd is the supervisor's own log. The files are read "
        "directly: a supervisor need not run, but one that runs is asked where they are.",
    .reach = Reach::supervisor};

int logs_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(logs_syntax, arguments);
  if (!given) return given.error();
  const auto wanted = wanted_of(*given);
  if (!wanted) {
    complain(wanted.error().message);
    return exit_usage;
  }
  auto target = find_target(*given);
  if (!target) return report(target.error());
  const auto log_dir = log_dir_of(std::move(*target));
  return log_dir ? show_logs(*log_dir, *given, *wanted) : report(log_dir.error());
}

}  // namespace stayd::app
