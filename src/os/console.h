// SPDX-License-Identifier: Apache-2.0
// Writing to the standard output or error without ever waiting for it, and without touching the
// flags that it shares with a shell and with other programs.
#pragma once

#include <cstdint>
#include <string_view>

#include "os/fd.h"
#include "os/splice.h"

namespace stayd::os {

/// A terminal or pipe is opened a second time, non-blocking: flags belong to the open file
/// description, and this one is ours alone. A regular file, whose offset is shared with others, and
/// a socket are written to as they are: a file never makes us wait, a socket can be asked not to.
/// Where a second opening cannot be had (a terminal of another user, no /proc) it is the descriptor
/// itself, polled before each write of a few bytes.
class ConsoleDevice {
 public:
  /// `number` is 1 or 2; closed, the device takes nothing (EBADF).
  static ConsoleDevice open(int number);
  /// Takes what goes without waiting; EAGAIN when it is nothing. EIO: the terminal is gone; EPIPE:
  /// nobody reads any more.
  Transfer write(std::string_view bytes);
  /// To be watched for being writable.
  [[nodiscard]] FdView fd() const { return own_.valid() ? own_.view() : shared_; }

 private:
  enum class Kind : std::uint8_t { own, file, socket, polled };
  ConsoleDevice(Kind kind, FdView shared, Fd own)
      : kind_(kind), shared_(shared), own_(std::move(own)) {}
  [[nodiscard]] Transfer write_piece(std::string_view bytes) const;

  Kind kind_;
  FdView shared_;
  Fd own_;
};

}  // namespace stayd::os
