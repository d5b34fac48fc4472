// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// The address of a socket file, by a path of any length: what does not fit into sun_path (107
/// bytes) goes through /proc/self/fd of its folder, which stays open as long as this lives.
struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = 0;
  Fd folder;

  static Result<UnixAddress> of(const std::string& path);
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  /// The path as the kernel is told it.
  [[nodiscard]] const char* path() const { return address.sun_path; }
};

}  // namespace stayd::os
