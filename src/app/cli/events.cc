// SPDX-License-Identifier: Apache-2.0
// `stayd events`: reads what the log folder has, so it needs no running supervisor.
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "app/cli/event_file.h"
#include "app/cli/event_line.h"
#include "app/cli/log_place.h"
#include "app/cli/log_time.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/folder_watch.h"

namespace stayd::app {
namespace {

// inotify does not see what another machine writes.
constexpr Duration most_quiet = seconds(5);

constexpr std::array<Option, 5> events_options{{
    {.name = "follow", .letter = 'f', .meaning = "go on with what happens, until ^C"},
    {.name = "lines",
     .letter = 'n',
     .value = "N",
     .meaning = "the last N events only (with -f: 10 unless given)"},
    {.name = "since",
     .value = "TIME",
     .meaning = "what happened since: 10m (ago), 14:30, today, yesterday, 2026-11-25, "
                "\"2026-11-25 14:30\", RFC 3339"},
    {.name = "until", .value = "TIME", .meaning = "what happened until then"},
    {.name = "json", .meaning = "one JSON object a line, as recorded (docs/events.md)"},
}};

struct Wanted {
  std::optional<std::size_t> lines;
  std::optional<WallTime> since, until;
  bool follow = false;
  bool json = false;
};

Result<Wanted> wanted_of(const Arguments& given) {
  Wanted wanted;
  wanted.follow = given.has("follow");
  wanted.json = given.has("json");
  const WallTime now = os::wall_now();
  wanted.since = TRY(moment_of(given, "since", now));
  wanted.until = TRY(moment_of(given, "until", now));
  if (const auto lines = TRY(given.number("lines", 0, 1'000'000'000)))
    wanted.lines = static_cast<std::size_t>(*lines);
  if (wanted.follow && wanted.until)
    return std::unexpected(given.misuse("-f cannot follow what is over (--until)"));
  if (wanted.follow && !wanted.lines && !wanted.since) wanted.lines = 10;
  return wanted;
}

class EventView {
 public:
  EventView(std::string log_dir, std::span<const std::string_view> names, const Wanted& wanted)
      : log_dir_(std::move(log_dir)), names_(names), wanted_(wanted) {}

  /// Opens what is recorded, and goes to where it is to begin.
  Status open();
  /// All that is there. False: nobody reads any more.
  bool show();
  Status follow();
  [[nodiscard]] bool has_shown() const { return has_shown_; }
  [[nodiscard]] std::uint64_t damaged() const { return file_ ? file_->damaged() : 0; }

 private:
  [[nodiscard]] bool passes(const EventRecord& event) const;
  bool add(const EventLine& line);
  bool show_last();
  void measure_names();
  bool flush();

  std::string log_dir_;
  std::span<const std::string_view> names_;
  Wanted wanted_;
  Style style_ = style_of(Stream::output);
  std::optional<EventFile> file_;
  std::size_t name_width_ = 8;
  std::string out_;
  bool has_shown_ = false;
};

/// Instances have folders of that name beside the events'.
void EventView::measure_names() {
  constexpr std::size_t most = 32;
  const auto folder = os::open_folder(log_dir_);
  if (!folder) return;
  for (const std::string& name : os::list_folder(folder->view()))
    if (!name.starts_with('@')) name_width_ = std::clamp(name.size(), name_width_, most);
}

Status EventView::open() {
  file_.emplace(TRY(EventFile::open(log_dir_)));
  measure_names();
  // The index knows the time of a burst's first byte; the events say their own.
  if (wanted_.since && !wanted_.lines) file_->seek_time({wanted_.since->ns - seconds(2).ns});
  return {};
}

bool EventView::passes(const EventRecord& event) const {
  if (wanted_.since && event.at < *wanted_.since) return false;
  if (wanted_.until && event.at > *wanted_.until) return false;
  return is_about(event, names_);
}

/// False: nobody reads any more.
bool EventView::add(const EventLine& line) {
  out_ += wanted_.json ? line.text + "\n" : event_line(line.event, name_width_, style_);
  return out_.size() < 65536 || flush();
}

bool EventView::flush() {
  if (out_.empty()) return true;
  has_shown_ = true;
  return print(std::exchange(out_, {}));
}

bool EventView::show_last() {
  const auto most = *std::exchange(wanted_.lines, std::nullopt);
  const auto last = file_->last(most, [&](const EventRecord& event) { return passes(event); });
  return std::ranges::all_of(last, [&](const EventLine& line) { return add(line); });
}

bool EventView::show() {
  const bool is_limited = wanted_.lines.has_value();
  if (is_limited && !show_last()) return false;
  if (is_limited && !wanted_.follow) return flush();
  while (const auto line = file_->next()) {
    if (wanted_.until && line->event.at > *wanted_.until) break;
    if (passes(line->event) && !add(*line)) return false;
  }
  return flush();
}

Status EventView::follow() {
  auto watch = TRY(os::FolderWatch::create());
  while (true) {
    // What is written from here on wakes us.
    (void)TRY(watch.watch_nearest(EventFile::folder_of(log_dir_)));
    if (!file_) {
      const Status opened = open();
      if (opened) continue;  // its folder is to be watched before it is read
      if (opened.error().number != ENOENT) return opened;
    } else if (!show()) {
      return {};
    }
    watch.wait(most_quiet);
  }
}

int show_events(const std::string& log_dir, const Arguments& given, const Wanted& wanted) {
  EventView view(log_dir, given.operands(), wanted);
  if (wanted.follow) {
    const Status ended = view.follow();
    return ended ? exit_done : report_folder(ended.error());
  }
  if (const Status opened = view.open(); !opened) return report_no_events(log_dir, opened.error());
  view.show();
  if (view.damaged() != 0)
    complain(std::to_string(view.damaged()) + " lines of " + EventFile::folder_of(log_dir) +
             " are no events, and were left out");
  const bool is_narrowed = wanted.since || wanted.until || wanted.lines == 0;
  if (view.has_shown() || is_narrowed || given.operands().empty()) return exit_done;
  complain("there are no events of " + printable(given.operands().front()) + " in " + log_dir);
  return exit_no_such_service;
}

}  // namespace

constinit const Syntax events_syntax{
    .verb = "events",
    .operands = "[NAME...]",
    .options = events_options,
    .summary = "shows what happened: starts, ends and their causes, changes of state, commands",
    .details =
        "NAME is an instance, a service or a shell glob; without one, everything. The record in "
        "the log folder is read: a supervisor need not run, but one that runs is asked where it "
        "is.",
    .reach = Reach::supervisor};

int events_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(events_syntax, arguments);
  if (!given) return given.error();
  const auto wanted = wanted_of(*given);
  if (!wanted) return report({exit_usage, wanted.error().message});
  const auto log_dir = log_dir_of(*given);
  return log_dir ? show_events(*log_dir, *given, *wanted) : report(log_dir.error());
}

}  // namespace stayd::app
