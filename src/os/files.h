// SPDX-License-Identifier: Apache-2.0
// Files and folders, opened so that no symlink leads astray.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

enum class OpenFor : std::uint8_t {
  read,
  write_create,       ///< emptied when it was there
  read_write_create,  ///< content kept
  write_new,          ///< EEXIST when something is there
  append_create,
  path_only,  ///< O_PATH: to be named, executed, examined; neither read nor written
};

/// open(2) with O_CLOEXEC; `mode` when created.
Result<Fd> open_file(const std::string& path, OpenFor purpose, std::uint32_t mode = 0644);
/// openat2(RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS|RESOLVE_NO_MAGICLINKS), or openat(O_NOFOLLOW) of one
/// component after the other where openat2 is refused. Regular files only.
Result<Fd> open_beneath(FdView folder, const std::string& path, OpenFor purpose,
                        std::uint32_t mode);
Result<Fd> open_folder(const std::string& path);
Result<Fd> open_folder_beneath(FdView folder, const std::string& path);
/// mkdir -p; each new folder gets exactly `mode`, those that are there keep theirs.
Status make_folders(const std::string& path, std::uint32_t mode);
/// EEXIST: an Error with that number.
Status make_folder_at(FdView folder, const std::string& name, std::uint32_t mode);
/// Whole content; regular files only (a FIFO or /dev/zero is refused with EINVAL, a folder with
/// EISDIR). More than `limit` bytes: EFBIG.
Result<std::string> read_file(const std::string& path, std::size_t limit);
/// Replaces the content in place (not atomically); `mode` when created.
Status write_file(const std::string& path, std::string_view content, std::uint32_t mode);
/// unlink(2); what is not there is removed already.
Status remove_file(const std::string& path);
Status remove_folder(const std::string& path);  ///< an empty one; ENOENT is success
Status remove_at(FdView folder, const std::string& name);
Status rename_at(FdView folder, const std::string& from, const std::string& to);
/// Names without . and .., in no order; empty when it cannot be read.
std::vector<std::string> list_folder(FdView folder);
bool exists(const std::string& path);
/// A regular file that we may execute.
bool is_executable(const std::string& path);
Result<std::string> absolute_path(const std::string& path);  ///< realpath(3)
std::string current_folder();                                ///< empty when it was removed
std::string environment(const char* name);                   ///< empty if unset
bool is_terminal(FdView fd);                                 ///< isatty(3)

/// Exclusive open file description lock (fcntl F_OFD_SETLK): goes with the description, not the
/// process; `file` must be open for writing. `held` false: someone else has it.
struct Lock {
  bool held = false;
};
Result<Lock> try_lock(FdView file);

struct FileStatus {
  std::uint64_t inode = 0, device = 0, size = 0;
  std::uint32_t mode = 0;  ///< permission bits only
  std::uint32_t uid = 0, gid = 0;
  std::uint64_t names = 1;  ///< hard links; 0: removed
  bool is_folder = false, is_regular = false, is_socket = false;
  std::int64_t modified_ns = 0;  ///< nanoseconds since 1970
};
Result<FileStatus> status_of(FdView fd);
/// Follows symlinks.
Result<FileStatus> status_of_path(const std::string& path);
/// Does not follow a symlink.
Result<FileStatus> status_at(FdView folder, const std::string& name);

}  // namespace stayd::os
