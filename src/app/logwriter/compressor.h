// SPDX-License-Identifier: Apache-2.0
// The child that compresses one closed segment. One at a time; its memory, and a crash in it, are
// not the log writer's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "journal/segment_names.h"
#include "os/fd.h"

namespace stayd::app {

class Compressor {
 public:
  [[nodiscard]] bool is_busy() const { return pid_ != 0; }
  /// Must not be busy.
  Status start(os::Fd folder, journal::LogKind kind, std::uint64_t segment);
  /// To be asked after a SIGCHLD: whether the child has ended, and then why the segment is not
  /// compressed; empty: it is. After a failure nothing unfinished is left.
  std::optional<std::string> take_end();
  [[nodiscard]] std::uint64_t segment() const { return segment_; }

 private:
  std::int32_t pid_ = 0;
  os::Fd folder_;
  journal::LogKind kind_ = journal::LogKind::out;
  std::uint64_t segment_ = 0;
};

}  // namespace stayd::app
