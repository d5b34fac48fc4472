// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_follow.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "app/cli/output.h"
#include "os/clock.h"
#include "os/files.h"

namespace stayd::app {

namespace {

// A line that is not ended is shown after this.
constexpr Duration patience = milliseconds(250);
// inotify does not see what another machine writes.
constexpr Duration most_quiet = seconds(5);
constexpr Duration most_blind = milliseconds(500);

}  // namespace

Status show_lines(LogMerge& merge, LogFilter& filter, LogPrinter& printer) {
  while (auto given = merge.take()) {
    TRY(filter.take(merge.source(given->source), given->line));
    if (printer.is_gone()) return {};
  }
  return {};
}

Status LogFollower::find_logs() {
  const std::size_t before = merge_.size();
  const Status found = folder_.find(merge_);
  if (!found && found.error().number != ENOENT) return found;
  printer_.widen_names(folder_.name_width());
  TRY(watch_logs());
  for (std::size_t i = before; i < merge_.size(); ++i) merge_.look_again(i);
  return {};
}

// Again for those that are watched: a folder may have been made anew.
Status LogFollower::watch_logs() {
  watch_of_source_.assign(merge_.size(), -1);
  stood_at_.resize(merge_.size(), UINT64_MAX);
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    const auto watched = watch_->watch(folder_.path_of(merge_.source(i).instance));
    if (watched) {
      watch_of_source_[i] = *watched;
    } else if (watched.error().number == ENOSPC && !is_blind_) {
      complain(
          "not all logs can be watched (fs.inotify.max_user_watches): they are looked at twice a "
          "second");
      is_blind_ = true;
    }
  }
  return {};
}

void LogFollower::look_at_all() {
  for (std::size_t i = 0; i < merge_.size(); ++i) merge_.look_again(i);
}

void LogFollower::look_at(const os::FolderWatch::Changes& changes) {
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    if (std::ranges::binary_search(changes.folders, watch_of_source_[i])) merge_.look_again(i);
  }
}

Status LogFollower::show() {
  TRY(show_lines(merge_, filter_, printer_));
  (void)printer_.flush();
  return {};
}

// Only of those to which nothing was added since the last look; whether that is all of them.
bool LogFollower::show_unfinished() {
  bool is_settled = true;
  for (std::size_t i = 0; i < merge_.size(); ++i) {
    LogSource& source = merge_.source(i);
    const std::uint64_t end = source.reader.end_of_known();
    if (std::exchange(stood_at_[i], end) != end) {
      is_settled = false;
      continue;
    }
    if (const auto line = merge_.take_unfinished(i)) printer_.print(source, *line);
  }
  (void)printer_.flush();
  return is_settled;
}

Status LogFollower::run(Unfinished unfinished) {
  watch_ = TRY(os::FolderWatch::create());
  folder_watch_ = TRY(watch_->watch_nearest(folder_.path(), os::WatchFor::entries));
  TRY(find_logs());
  look_at_all();
  bool is_settled = unfinished == Unfinished::waits;
  Instant next_settling = os::now() + patience;
  for (;;) {
    TRY(show());
    if (printer_.is_gone()) return {};
    if (!is_settled && os::now() >= next_settling) {
      is_settled = show_unfinished();
      next_settling = os::now() + patience;
    }
    if (unfinished == Unfinished::is_shown && merge_.waits_for_index()) is_settled = false;
    Duration most = !is_settled ? patience : is_blind_ ? most_blind : most_quiet;
    if (merge_.waits_for_index()) most = std::min(most, most_index_delay);
    const auto changes = watch_->wait(most);
    const bool is_quiet = changes.folders.empty() && !changes.lost;
    if (!is_quiet && unfinished == Unfinished::is_shown) {
      if (is_settled) next_settling = os::now() + patience;
      is_settled = false;
    }
    const bool new_folders = std::ranges::binary_search(changes.folders, folder_watch_);
    if (new_folders || is_quiet || changes.lost) {
      folder_watch_ = TRY(watch_->watch_nearest(folder_.path(), os::WatchFor::entries));
      TRY(find_logs());
    }
    if (is_quiet || changes.lost) {
      look_at_all();
    } else {
      look_at(changes);
    }
  }
}

}  // namespace stayd::app
