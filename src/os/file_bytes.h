// SPDX-License-Identifier: Apache-2.0
// Reading, writing and sizing regular files at explicit offsets: pread(2), pwrite(2), ftruncate(2),
// fallocate(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "os/splice.h"

namespace stayd::os {

/// All of `into` unless the file ends before; bytes 0 and number 0: `offset` is at or beyond the
/// end.
Transfer read_at(FdView file, std::uint64_t offset, std::span<char> into);
/// All of `bytes`, or errno with as many as were written before it.
Transfer write_at(FdView file, std::uint64_t offset, std::string_view bytes);
/// The file's size becomes `size`; blocks reserved beyond it are freed. 0 or errno.
int set_file_size(FdView file, std::uint64_t size);
/// Reserves blocks without changing the size (FALLOC_FL_KEEP_SIZE). 0 or errno.
int reserve_blocks(FdView file, std::uint64_t offset, std::uint64_t length);
/// Waits until a file's bytes, or a folder's names, are on the disk (fsync(2)). 0 or errno; a file
/// system that cannot says EINVAL.
int sync_to_disk(FdView file);
/// Sets the time of the last change, in ns since 1970. 0 or errno.
int set_modified(FdView file, std::int64_t ns);
/// What a name in a folder is, itself (a symlink is `other`).
enum class EntryKind : std::uint8_t { none, regular, folder, other };
EntryKind entry_kind(FdView folder, const std::string& name);
/// Whether reserving blocks makes later writes cheaper: not where memory is the store (tmpfs) or
/// where the kernel says it cannot.
bool reserving_pays(FdView file);

}  // namespace stayd::os
