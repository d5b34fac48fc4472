// SPDX-License-Identifier: Apache-2.0
// Writing to the standard output or error without ever waiting for it, and without touching the
// flags that it shares with a shell and with other programs.
#pragma once

#include <string_view>

#include "os/fd.h"
#include "os/splice.h"

namespace stayd::os {

/// A terminal or pipe is opened a second time, non-blocking: flags belong to the open file
/// description, and this one is ours alone. Where that cannot be had (a socket, a terminal of
/// another user, no /proc) and for files, whose offset is shared with others, it is the descriptor
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
  ConsoleDevice(FdView shared, Fd own) : shared_(shared), own_(std::move(own)) {}
  FdView shared_;
  Fd own_;
};

}  // namespace stayd::os
