// SPDX-License-Identifier: Apache-2.0
#include "os/proc_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "os/error.h"

namespace stayd::os {
namespace {

Result<Fd> open_small_file(FdView at, const char* name, int flags) {
  const int fd = ::openat(at.number(), name, flags | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return last_error(std::string("cannot open ") + name);
  return Fd(fd);
}

}  // namespace

Result<std::string> read_small_file(FdView at, const char* name, std::size_t limit) {
  const Fd file = TRY(open_small_file(at, name, O_RDONLY));
  std::string content;
  char chunk[4096];
  while (content.size() < limit) {
    const std::size_t most = std::min(sizeof chunk, limit - content.size());
    const ssize_t size = ::read(file.number(), chunk, most);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return last_error(std::string("cannot read ") + name);
    if (size == 0) break;
    content.append(chunk, static_cast<std::size_t>(size));
  }
  return content;
}

Status write_small_file(FdView at, const char* name, std::string_view text) {
  const Fd file = TRY(open_small_file(at, name, O_WRONLY));
  ssize_t size = 0;
  do {
    size = ::write(file.number(), text.data(), text.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) return last_error(std::string("cannot write to ") + name);
  return {};
}

Result<std::string> read_proc_file(std::int32_t pid, const char* name, std::size_t limit) {
  std::string path = "/proc/";
  path += pid == 0 ? "self" : std::to_string(pid);
  path += '/';
  path += name;
  return read_small_file(FdView(AT_FDCWD), path.c_str(), limit);
}

std::uint64_t leading_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace stayd::os
