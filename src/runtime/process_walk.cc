// SPDX-License-Identifier: Apache-2.0
#include "runtime/process_walk.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::runtime {

namespace {

constexpr std::uint32_t none = 0xffff'ffff;
constexpr std::uint32_t most_ancestors = 4096;  // a table read while it changes may have a ring

bool was_seen(const os::ProcessInfo& process, const WalkSubject& subject) {
  const auto at = std::ranges::lower_bound(subject.seen, process.pid, {}, &SeenProcess::pid);
  return at != subject.seen.end() && at->pid == process.pid &&
         at->start_ticks == process.start_ticks;
}

}  // namespace

ProcessWalk::ProcessWalk(std::int32_t root, const std::function<bool(std::int32_t)>& is_main)
    : is_main_(&is_main) {
  os::ProcessList list = os::list_processes();
  is_torn_ = list.vanished != 0;
  for (os::ProcessInfo& process : list.found) {
    entries_.push_back({.info = std::move(process), .top = none});
  }
  std::ranges::sort(entries_, {}, [](const Entry& entry) { return entry.info.pid; });
  find_tops(root);
}

std::uint32_t ProcessWalk::index_of_pid(std::int32_t pid) const {
  const auto at = std::ranges::lower_bound(entries_, pid, {},
                                           [](const Entry& entry) { return entry.info.pid; });
  if (at == entries_.end() || at->info.pid != pid) return none;
  return static_cast<std::uint32_t>(at - entries_.begin());
}

void ProcessWalk::find_tops(std::int32_t root) {
  const std::int32_t own = os::own_pid();
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    std::uint32_t at = i;
    for (std::uint32_t steps = 0; at != none && steps < most_ancestors; ++steps) {
      const os::ProcessInfo& process = entries_[at].info;
      if (process.pid == own || process.pid == root) break;
      if (process.parent == own || process.parent == root) {
        entries_[i].top = at;
        break;
      }
      at = index_of_pid(process.parent);
    }
  }
}

/// The session's first process has been reaped; one that bears its number now is another's, and it
/// could get the number only because nothing was left of the session (or group) of that number.
bool ProcessWalk::is_session_over(const WalkSubject& subject) const {
  return subject.session == 0 || (subject.main_gone && index_of_pid(subject.session) != none);
}

bool ProcessWalk::group_is_left(const WalkSubject& subject) const {
  return !is_session_over(subject) && os::group_exists(subject.session);
}

bool ProcessWalk::has_marker(Entry& entry, const WalkSubject& subject) {
  if (!entry.marker_read) {
    entry.marker_read = true;
    if (*is_main_ && (*is_main_)(entry.info.pid))
      return false;  // of another run, which looks after it
    const auto run = os::environment_value(entry.info.pid, "STAYD_RUN");
    const auto number = run ? parse_integer(*run, 1, INT64_MAX) : Result<std::int64_t>(0);
    if (!number || *number == 0) return false;
    entry.marker = RunId{static_cast<std::uint64_t>(*number)};
    entry.marker_instance =
        os::environment_value(entry.info.pid, "STAYD_INSTANCE").value_or(std::string());
  }
  return entry.marker != no_run && entry.marker == subject.run &&
         entry.marker_instance == subject.instance;
}

bool ProcessWalk::belongs(Entry& entry, const WalkSubject& subject) {
  if (entry.top == none) return false;
  Entry& top = entries_[entry.top];
  if (!is_session_over(subject) &&
      (entry.info.session == subject.session || top.info.session == subject.session)) {
    return true;
  }
  if (was_seen(entry.info, subject)) return true;
  // An ancestor that is just ending has lost its environment already.
  return has_marker(top, subject) || (&top != &entry && has_marker(entry, subject));
}

std::vector<const os::ProcessInfo*> ProcessWalk::members(const WalkSubject& subject) {
  std::vector<const os::ProcessInfo*> found;
  for (Entry& entry : entries_) {
    if (entry.info.is_alive() && belongs(entry, subject)) found.push_back(&entry.info);
  }
  return found;
}

bool ProcessWalk::has_stray(std::span<const WalkSubject> subjects) {
  return std::ranges::any_of(entries_, [&](Entry& entry) {
    if (entry.top == none || !entry.info.is_ending()) return false;
    if (*is_main_ && (*is_main_)(entry.info.pid)) return false;
    return std::ranges::none_of(
        subjects, [&](const WalkSubject& subject) { return belongs(entry, subject); });
  });
}

bool ProcessWalk::is_member(const WalkSubject& subject, std::int32_t pid) {
  const std::uint32_t index = index_of_pid(pid);
  return index != none && belongs(entries_[index], subject);
}

void signal_process(const os::ProcessInfo& process, int signal) {
  const auto handle = os::open_process(process.pid);
  if (!handle) return;
  const auto now = os::process_info(process.pid);
  if (now && now->start_ticks == process.start_ticks) (void)os::send_signal(handle->view(), signal);
}

}  // namespace stayd::runtime
