// SPDX-License-Identifier: Apache-2.0
#include "os/unix_address.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "os/error.h"
#include "os/files.h"

namespace stayd::os {

namespace {

Status fill(UnixAddress& into, const std::string& path) {
  if (path.size() >= sizeof into.address.sun_path) {
    return error_of(ENAMETOOLONG, "socket name " + path);
  }
  into.address.sun_family = AF_UNIX;
  std::memcpy(into.address.sun_path, path.c_str(), path.size() + 1);
  into.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return {};
}

}  // namespace

Result<UnixAddress> UnixAddress::of(const std::string& path) {
  UnixAddress made;
  if (path.empty() || path.find('\0') != std::string::npos) {
    return failure(EINVAL, "a socket needs a path");
  }
  if (path.size() < sizeof made.address.sun_path) {
    TRY(fill(made, path));
    return made;
  }
  const std::size_t slash = path.rfind('/');
  const bool here = slash == std::string::npos;
  made.folder =
      TRY(open_file(here ? "." : path.substr(0, slash == 0 ? 1 : slash), OpenFor::path_only));
  TRY(fill(made, "/proc/self/fd/" + std::to_string(made.folder.number()) + "/" +
                     (here ? path : path.substr(slash + 1))));
  return made;
}

}  // namespace stayd::os
