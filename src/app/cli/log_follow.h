// SPDX-License-Identifier: Apache-2.0
// `stayd logs -f`: what comes, across rotations, restarts, and the folders of new instances.
#pragma once

#include <cstdint>
#include <vector>

#include "app/cli/log_filter.h"
#include "app/cli/log_folder.h"
#include "app/cli/log_merge.h"
#include "app/cli/log_printer.h"
#include "base/result.h"
#include "os/folder_watch.h"

namespace stayd::app {

/// What becomes of a line that is not ended yet.
enum class Unfinished : std::uint8_t { waits, is_shown };

/// Borrows all that it is given.
class LogFollower {
 public:
  LogFollower(LogFolder& folder, LogMerge& merge, LogFilter& filter, LogPrinter& printer)
      : folder_(folder), merge_(merge), filter_(filter), printer_(printer) {}

  /// Until nobody reads any more, or an Error. The folder may come later.
  Status run(Unfinished unfinished);

 private:
  Status find_logs();
  Status watch_logs();
  void look_at(const os::FolderWatch::Changes& changes);
  void look_at_all();
  Status show();
  bool show_unfinished();

  LogFolder& folder_;
  LogMerge& merge_;
  LogFilter& filter_;
  LogPrinter& printer_;
  std::optional<os::FolderWatch> watch_;
  int folder_watch_ = -1;
  bool is_blind_ = false;  ///< not all can be watched: all is looked at from time to time
  std::vector<int> watch_of_source_;  ///< by the source's number
  /// Where each source stood when the unfinished lines were looked at last.
  std::vector<std::uint64_t> stood_at_;
};

/// Prints all that `merge` gives at present, through `filter`.
Status show_lines(LogMerge& merge, LogFilter& filter, LogPrinter& printer);

}  // namespace stayd::app
