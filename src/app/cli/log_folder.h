// SPDX-License-Identifier: Apache-2.0
// The log folder: which of its instances are meant by the NAMEs of a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/log_merge.h"
#include "base/result.h"

namespace stayd::app {

class LogFolder {
 public:
  LogFolder(std::string path, std::vector<std::string_view> patterns)
      : path_(std::move(path)), patterns_(std::move(patterns)) {}

  /// Gives `merge` the logs that are meant and that it has not. Fails where the folder cannot be
  /// read.
  Status find(LogMerge& merge);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(const std::string& instance) const {
    return path_ + "/" + instance;
  }
  /// Columns that the names take.
  [[nodiscard]] std::size_t name_width() const { return name_width_; }
  /// Says which NAME no log has; false: there is none such.
  [[nodiscard]] bool report_stranger() const;

 private:
  std::string path_;
  std::vector<std::string_view> patterns_;
  std::vector<std::string> names_;  ///< of its folders
  std::size_t name_width_ = 0;
};

}  // namespace stayd::app
