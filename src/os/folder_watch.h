// SPDX-License-Identifier: Apache-2.0
// inotify(7) on folders: only "something changed there", for readers that then look.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

enum class WatchFor : std::uint8_t {
  changes,  ///< files written, made, moved, removed
  entries,  ///< files and folders made or moved there
};

class FolderWatch {
 public:
  static Result<FolderWatch> create();
  /// What happens in it from now on, and its own end. The number that wait() gives for it; the
  /// same folder twice has one, and the later wish. ENOSPC: the user's limit of watches.
  Result<int> watch(const std::string& folder, WatchFor what = WatchFor::changes);
  /// The same; where it is missing, new entries of the folder above it in which it is to appear.
  Result<int> watch_nearest(std::string folder, WatchFor what = WatchFor::changes);
  /// What changed: numbers of watch(), or that some were lost.
  struct Changes {
    std::vector<int> folders;  ///< ascending, each once
    bool lost = false;
  };
  /// Waits for a change, at most so long. Also returns for a signal.
  Changes wait(Duration most);

 private:
  explicit FolderWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace stayd::os
