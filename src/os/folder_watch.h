// SPDX-License-Identifier: Apache-2.0
// inotify(7) on folders: only "something changed there", for readers that then look.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

class FolderWatch {
 public:
  static Result<FolderWatch> create();
  /// Files in it written, made, moved or removed from now on. Twice is once.
  Status watch(const std::string& folder);
  /// Waits for a change, at most so long, and forgets what came. Also returns for a signal.
  void wait(Duration most);

 private:
  explicit FolderWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace stayd::os
