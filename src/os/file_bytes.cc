// SPDX-License-Identifier: Apache-2.0
#include "os/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace stayd::os {

namespace {

constexpr long tmpfs_magic = 0x01021994;  // linux/magic.h
constexpr long ramfs_magic = 0x858458f6;

}  // namespace

Transfer read_at(FdView file, std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread64(file.number(), into.data() + done, into.size() - done,
                                  static_cast<off64_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {.bytes = done, .number = errno};
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return {.bytes = done, .number = 0};
}

Transfer write_at(FdView file, std::uint64_t offset, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::pwrite64(file.number(), bytes.data() + done, bytes.size() - done,
                                   static_cast<off64_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return {.bytes = done, .number = errno};
    done += static_cast<std::size_t>(put);
  }
  return {.bytes = done, .number = 0};
}

int set_file_size(FdView file, std::uint64_t size) {
  return ::ftruncate64(file.number(), static_cast<off64_t>(size)) != 0 ? errno : 0;
}

int reserve_blocks(FdView file, std::uint64_t offset, std::uint64_t length) {
  const int done = ::fallocate64(file.number(), FALLOC_FL_KEEP_SIZE, static_cast<off64_t>(offset),
                                 static_cast<off64_t>(length));
  return done != 0 ? errno : 0;
}

int sync_to_disk(FdView file) { return ::fsync(file.number()) != 0 ? errno : 0; }

int set_modified(FdView file, std::int64_t ns) {
  constexpr std::int64_t second = 1'000'000'000;
  const timespec at{.tv_sec = ns / second, .tv_nsec = ns % second};
  const std::array times{at, at};
  return ::futimens(file.number(), times.data()) != 0 ? errno : 0;
}

EntryKind entry_kind(FdView folder, const std::string& name) {
  struct stat found{};
  if (::fstatat(folder.number(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return EntryKind::none;
  }
  if (S_ISREG(found.st_mode)) return EntryKind::regular;
  return S_ISDIR(found.st_mode) ? EntryKind::folder : EntryKind::other;
}

bool reserving_pays(FdView file) {
  struct statfs information{};
  if (::fstatfs(file.number(), &information) != 0) return false;
  return information.f_type != tmpfs_magic && information.f_type != ramfs_magic;
}

}  // namespace stayd::os
