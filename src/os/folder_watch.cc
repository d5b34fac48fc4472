// SPDX-License-Identifier: Apache-2.0
#include "os/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "os/error.h"

namespace stayd::os {

Result<FolderWatch> FolderWatch::create() {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return last_error("cannot watch folders");
  return FolderWatch(std::move(fd));
}

Status FolderWatch::watch(const std::string& folder) {
  const std::uint32_t events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;
  if (::inotify_add_watch(fd_.number(), folder.c_str(), events) >= 0) return {};
  return last_error("cannot watch the folder " + folder);
}

void FolderWatch::wait(Duration most) {
  pollfd look{.fd = fd_.number(), .events = POLLIN, .revents = 0};
  if (::poll(&look, 1, static_cast<int>(most.ns / 1'000'000)) <= 0) return;
  std::array<char, 4096> unwanted;
  while (::read(fd_.number(), unwanted.data(), unwanted.size()) > 0) {
  }
}

}  // namespace stayd::os
