// SPDX-License-Identifier: Apache-2.0
// The limit of all logs together, those of services that are no more included.
//
// What there is takes a walk over all folders to know, so it is done only when so much has been
// written since the last one that the limit may be reached; it then makes an eighth of it free.
#pragma once

#include <cstdint>
#include <string>

namespace stayd::journal {

class TotalLimit {
 public:
  /// 0: no limit.
  void set(std::uint64_t bytes);
  /// Whether enforce() is to be called, after so many bytes since the last time.
  [[nodiscard]] bool is_due(std::uint64_t grown) const { return limit_ != 0 && grown >= next_; }
  /// Removes the oldest closed segments below `log_dir`.
  void enforce(const std::string& log_dir);

 private:
  std::uint64_t limit_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace stayd::journal
