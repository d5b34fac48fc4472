// SPDX-License-Identifier: Apache-2.0
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/cgroup.h"
#include "os/error.h"
#include "os/retry.h"

namespace stayd::os {

Result<CgroupWatch> CgroupWatch::create() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return last_error("cannot create an inotify descriptor");
  return CgroupWatch(std::move(fd));
}

Result<std::int32_t> CgroupWatch::watch(const Cgroup& cgroup) {
  const std::string path = cgroup.path() + "/cgroup.events";
  const int watch = ::inotify_add_watch(fd_.number(), path.c_str(), IN_MODIFY);
  if (watch < 0) return last_error("cannot watch " + path);
  return watch;
}

void CgroupWatch::forget(std::int32_t watch) {
  std::erase(pending_, watch);
  ::inotify_rm_watch(fd_.number(), watch);  // gone already when the cgroup has been removed
}

std::optional<std::int32_t> CgroupWatch::next() {
  if (pending_.empty()) {
    alignas(inotify_event) char buffer[4096];
    const ssize_t size = retry([&] { return ::read(fd_.number(), buffer, sizeof buffer); });
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof *event + event->len);
      const bool is_new = std::ranges::find(pending_, event->wd) == pending_.end();
      if ((event->mask & IN_MODIFY) != 0 && is_new) pending_.push_back(event->wd);
    }
  }
  if (pending_.empty()) return std::nullopt;
  const std::int32_t watch = pending_.back();
  pending_.pop_back();
  return watch;
}

}  // namespace stayd::os
