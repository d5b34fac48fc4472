// SPDX-License-Identifier: Apache-2.0
#include "os/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "os/error.h"

namespace stayd::os {

Result<FolderWatch> FolderWatch::create() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return last_error("cannot watch folders");
  return FolderWatch(std::move(fd));
}

Result<int> FolderWatch::watch(const std::string& folder, WatchFor what) {
  std::uint32_t events = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (what == WatchFor::changes) events |= IN_MODIFY | IN_DELETE;
  const int number = ::inotify_add_watch(fd_.number(), folder.c_str(), events);
  if (number >= 0) return number;
  return last_error("cannot watch the folder " + folder);
}

Result<int> FolderWatch::watch_nearest(std::string folder, WatchFor what) {
  for (;;) {
    auto watched = watch(folder, what);
    const bool is_missing = !watched && watched.error().number == ENOENT;
    const std::size_t slash = folder.rfind('/');
    if (!is_missing || slash == std::string::npos || folder == "/") return watched;
    folder.resize(std::max<std::size_t>(slash, 1));
    what = WatchFor::entries;
  }
}

FolderWatch::Changes FolderWatch::wait(Duration most) {
  Changes changes;
  pollfd look{.fd = fd_.number(), .events = POLLIN, .revents = 0};
  if (::poll(&look, 1, static_cast<int>(most.ns / 1'000'000)) <= 0) return changes;
  // One reading: they may come faster than they are read.
  alignas(inotify_event) std::array<char, 16384> buffer;
  const ssize_t got = ::read(fd_.number(), buffer.data(), buffer.size());
  for (ssize_t at = 0; at < got;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof event);
    at += static_cast<ssize_t>(sizeof event + event.len);
    if ((event.mask & IN_Q_OVERFLOW) != 0) changes.lost = true;
    if (changes.folders.empty() || changes.folders.back() != event.wd) {
      changes.folders.push_back(event.wd);
    }
  }
  std::ranges::sort(changes.folders);
  const auto surplus = std::ranges::unique(changes.folders);
  changes.folders.erase(surplus.begin(), surplus.end());
  return changes;
}

}  // namespace stayd::os
