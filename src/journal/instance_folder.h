// SPDX-License-Identifier: Apache-2.0
// <log-dir>/<instance>: where an instance's log files are. Not kept open; opened again when needed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "journal/segment_names.h"
#include "os/fd.h"

namespace stayd::journal {

/// Opens it, makes it (0750; the log folder 0755) where it is missing. Symlinks are not followed
/// below the log folder. As root the folder must belong to root and be writable by nobody else, so
/// that a service (`service_uid`) cannot lead us elsewhere; the Error says what to do.
Result<os::Fd> open_instance_folder(const std::string& log_dir, const std::string& instance,
                                    std::uint32_t service_uid);

/// What lies in it of one kind.
struct FolderContent {
  // Numbers of closed segments, ascending.
  std::vector<std::uint64_t> texts;       ///< that have a text, compressed or not
  std::vector<std::uint64_t> plain;       ///< of those: that have one which is not compressed
  std::vector<std::uint64_t> compressed;  ///< of those: that have one which is
  std::vector<std::uint64_t> unfinished;  ///< that have one which is being compressed, or was
  std::vector<std::uint64_t> indexes;     ///< that have an index
  bool current_text = false;
  bool current_index = false;
};
FolderContent content_of(os::FdView folder, LogKind kind);

/// The number for the next closed segment: one more than the highest there is.
std::uint64_t next_segment_number(const FolderContent& content);

/// Ends a rotation that was interrupted between its renames and a compression between its rename
/// and the removal of what it was made from; removes what a compression left unfinished, and
/// indexes whose text is gone. The content as it was found.
Result<FolderContent> repair_folder(os::FdView folder, LogKind kind);

/// Removes a closed segment: its text, compressed or not, and its index.
void remove_segment(os::FdView folder, LogKind kind, std::uint64_t segment);
/// Removes the oldest closed segments until at most `most` are left. The number removed.
std::size_t keep_newest_segments(os::FdView folder, LogKind kind, std::size_t most);

}  // namespace stayd::journal
