// SPDX-License-Identifier: Apache-2.0
#include "os/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "os/error.h"
#include "os/pipe.h"
#include "os/retry.h"

namespace stayd::os {

namespace {

std::string quoted(const char* what, const std::string& path) { return what + path; }

int flags_of(OpenFor purpose) {
  constexpr int common = O_CLOEXEC | O_NOCTTY;
  switch (purpose) {
    case OpenFor::read: return O_RDONLY | common;
    case OpenFor::write_create: return O_WRONLY | O_CREAT | O_TRUNC | common;
    case OpenFor::read_write_create: return O_RDWR | O_CREAT | common;
    case OpenFor::write_new: return O_WRONLY | O_CREAT | O_EXCL | common;
    case OpenFor::append_create: return O_WRONLY | O_APPEND | O_CREAT | common;
    case OpenFor::path_only: return O_PATH | O_CLOEXEC;
  }
  return O_PATH | O_CLOEXEC;
}

bool creates(int flags) { return (flags & O_CREAT) != 0; }

int open_resolving_beneath(FdView folder, const char* path, int flags, std::uint32_t mode) {
  open_how how{};
  how.flags = static_cast<std::make_unsigned_t<int>>(flags);
  how.mode = creates(flags) ? mode & 07777U : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  constexpr int most_races = 16;  // openat2(2): EAGAIN when a rename ran beside it
  int fd = -1;
  for (int race = 0; race < most_races; ++race) {
    fd = static_cast<int>(
        retry([&] { return ::syscall(SYS_openat2, folder.number(), path, &how, sizeof how); }));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

/// The same folder by folder, none of them a link; errno is set.
int open_step_by_step(FdView folder, const std::string& path, int flags, std::uint32_t mode) {
  Fd above;
  std::size_t from = 0;
  while (true) {
    const std::size_t slash = path.find('/', from);
    const std::string part = path.substr(from, slash - from);
    if (part.empty() || part == "." || part == "..") {
      errno = EXDEV;  // as openat2 says of what leads out
      return -1;
    }
    const int at = above.valid() ? above.number() : folder.number();
    const bool is_last = slash == std::string::npos;
    const int how = is_last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC;
    const int fd = retry([&] { return ::openat(at, part.c_str(), how | O_NOFOLLOW, mode); });
    if (is_last || fd < 0) return fd;
    above = Fd(fd);
    from = slash + 1;
  }
}

/// openat2 came with kernel 5.6; old containers' seccomp answers it with EPERM.
Result<Fd> open_below(FdView folder, const std::string& path, int flags, std::uint32_t mode) {
  Fd fd(open_resolving_beneath(folder, path.c_str(), flags, mode));
  const bool refused = !fd.valid() && (errno == ENOSYS || errno == EPERM);
  if (refused) fd = Fd(open_step_by_step(folder, path, flags, mode));
  if (!fd.valid()) return last_error(quoted("cannot open ", path));
  return fd;
}

Status make_folder(const std::string& path, std::uint32_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return {};
    return last_error(quoted("cannot make the folder ", path));
  }
  // The umask may have taken bits away.
  const Fd folder(
      retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!folder.valid() || ::fchmod(folder.number(), mode) != 0) {
    return last_error(quoted("cannot set the mode of the folder ", path));
  }
  return {};
}

FileStatus status_from(const struct stat& status) {
  constexpr std::int64_t second = 1'000'000'000;
  return {.inode = status.st_ino,
          .device = status.st_dev,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mode = status.st_mode & 07777U,
          .uid = status.st_uid,
          .gid = status.st_gid,
          .names = status.st_nlink,
          .is_folder = S_ISDIR(status.st_mode),
          .is_regular = S_ISREG(status.st_mode),
          .is_socket = S_ISSOCK(status.st_mode),
          .modified_ns = status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec};
}

struct FolderCloser {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

Result<Fd> open_file(const std::string& path, OpenFor purpose, std::uint32_t mode) {
  Fd fd(retry([&] { return ::open(path.c_str(), flags_of(purpose), mode); }));
  if (!fd.valid()) return last_error(quoted("cannot open ", path));
  return fd;
}

Result<Fd> open_beneath(FdView folder, const std::string& path, OpenFor purpose,
                        std::uint32_t mode) {
  // O_NONBLOCK: a FIFO in the file's place must not hold us; on regular files it does nothing.
  const int flags = flags_of(purpose) | (purpose == OpenFor::path_only ? 0 : O_NONBLOCK);
  Fd fd = TRY(open_below(folder, path, flags, mode));
  if (!TRY(status_of(fd.view())).is_regular) {
    return failure(EINVAL, "cannot open " + path + ": not a regular file");
  }
  return fd;
}

Result<Fd> open_folder(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return last_error(quoted("cannot open the folder ", path));
  return fd;
}

Result<Fd> open_folder_beneath(FdView folder, const std::string& path) {
  return open_below(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

Status make_folders(const std::string& path, std::uint32_t mode) {
  Status made = make_folder(path, mode);
  if (!made && made.error().number == ENOENT) {
    const std::size_t last = path.find_last_not_of('/');
    const std::size_t slash = path.rfind('/', last);
    if (last == std::string::npos || slash == std::string::npos || slash == 0) return made;
    TRY(make_folders(path.substr(0, slash), mode));
    made = make_folder(path, mode);
  }
  TRY(std::move(made));
  if (!TRY(status_of_path(path)).is_folder) {
    return error_of(ENOTDIR, quoted("cannot make the folder ", path));
  }
  return {};
}

Status make_folder_at(FdView folder, const std::string& name, std::uint32_t mode) {
  if (::mkdirat(folder.number(), name.c_str(), mode) != 0) {
    return last_error(quoted("cannot make the folder ", name));
  }
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Fd fd(
      retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); }));
  if (!fd.valid()) return last_error(quoted("cannot read ", path));
  const FileStatus status = TRY(status_of(fd.view()));
  if (!status.is_regular) {
    return failure(status.is_folder ? EISDIR : EINVAL,
                   "cannot read " + path + ": " +
                       (status.is_folder ? "it is a folder" : "not a regular file"));
  }
  // Files in /proc say that they have no bytes, and others grow: read until nothing comes.
  constexpr std::size_t least_room = 4096;
  std::string content(std::max(std::min<std::size_t>(status.size, limit) + 1, least_room), '\0');
  for (std::size_t size = 0;;) {
    if (size == content.size()) content.resize(size + std::max(size, least_room));
    const ssize_t got =
        retry([&] { return ::read(fd.number(), content.data() + size, content.size() - size); });
    if (got < 0) return last_error(quoted("cannot read ", path));
    size += static_cast<std::size_t>(got);
    if (size > limit) {
      return failure(EFBIG, "cannot read " + path + ": larger than the limit of " +
                                std::to_string(limit) + " bytes");
    }
    if (got != 0) continue;
    content.resize(size);
    return content;
  }
}

Status write_file(const std::string& path, std::string_view content, std::uint32_t mode) {
  const Fd fd = TRY(open_file(path, OpenFor::write_create, mode));
  if (Status written = write_all(fd.view(), content); !written) {
    return error_of(written.error().number, quoted("cannot write ", path));
  }
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return last_error(quoted("cannot remove ", path));
}

Status remove_folder(const std::string& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return last_error(quoted("cannot remove the folder ", path));
}

Status rename_at(FdView folder, const std::string& from, const std::string& to) {
  if (::renameat(folder.number(), from.c_str(), folder.number(), to.c_str()) == 0) return {};
  return last_error("cannot rename " + from + " to " + to);
}

Status remove_at(FdView folder, const std::string& name) {
  if (::unlinkat(folder.number(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return last_error(quoted("cannot remove ", name));
}

std::vector<std::string> list_folder(FdView folder) {
  std::vector<std::string> names;
  // A description of its own: reading moves its offset.
  Fd own(retry([&] { return ::openat(folder.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!own.valid()) return names;
  const std::unique_ptr<DIR, FolderCloser> stream(::fdopendir(own.number()));
  if (!stream) return names;
  (void)own.release();
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_executable(const std::string& path) {
  const auto status = status_of_path(path);
  return status && status->is_regular && ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

Result<std::string> absolute_path(const std::string& path) {
  std::array<char, PATH_MAX> resolved;
  if (::realpath(path.c_str(), resolved.data()) == nullptr) {
    return last_error(quoted("cannot find ", path));
  }
  return std::string(resolved.data());
}

std::string current_folder() {
  std::array<char, PATH_MAX> path;
  return ::getcwd(path.data(), path.size()) == nullptr ? std::string() : path.data();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_terminal(FdView fd) { return ::isatty(fd.number()) == 1; }

Result<Lock> try_lock(FdView file) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (retry([&] { return ::fcntl(file.number(), F_OFD_SETLK, &lock); }) == 0) return Lock{true};
  if (errno == EAGAIN || errno == EACCES) return Lock{false};
  return last_error("cannot lock a file");
}

Result<FileStatus> status_of(FdView fd) {
  struct stat status{};
  if (::fstat(fd.number(), &status) != 0) return last_error("cannot examine an open file");
  return status_from(status);
}

Result<FileStatus> status_of_path(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return last_error(quoted("cannot examine ", path));
  return status_from(status);
}

Result<FileStatus> status_at(FdView folder, const std::string& name) {
  struct stat status{};
  if (::fstatat(folder.number(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error(quoted("cannot examine ", name));
  }
  return status_from(status);
}

}  // namespace stayd::os
