// SPDX-License-Identifier: Apache-2.0
#include "journal/instance_folder.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "os/files.h"
#include "os/process.h"

namespace stayd::journal {

namespace {

constexpr std::uint32_t log_dir_mode = 0755;
constexpr std::uint32_t instance_mode = 0750;
constexpr std::uint32_t others_may_write = 022;

Result<os::Fd> open_log_dir(const std::string& log_dir) {
  auto folder = os::open_folder(log_dir);
  if (folder || folder.error().number != ENOENT) return folder;
  TRY(os::make_folders(log_dir, log_dir_mode));
  return os::open_folder(log_dir);
}

Status check_owner(os::FdView folder, const std::string& path, std::uint32_t service_uid) {
  if (os::own_uid() != 0) return {};
  const os::FileStatus status = TRY(os::status_of(folder));
  const std::string fix = "; make it root's alone: chown root " + path + " && chmod go-w " + path;
  if (status.uid != 0) {
    const char* whose = status.uid == service_uid ? " belongs to the service's own user"
                                                  : " does not belong to root";
    return failure(EPERM, "the log folder " + path + whose + fix);
  }
  if ((status.mode & others_may_write) != 0) {
    return failure(EPERM, "the log folder " + path + " can be written by others" + fix);
  }
  return {};
}

bool contains(const std::vector<std::uint64_t>& numbers, std::uint64_t number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

std::vector<std::uint64_t>& list_of(FolderContent& content, SegmentFile file) {
  switch (file) {
    case SegmentFile::text: break;
    case SegmentFile::compressed_text: return content.compressed;
    case SegmentFile::unfinished_text: return content.unfinished;
    case SegmentFile::index: return content.indexes;
  }
  return content.plain;
}

// A compressed text has its name only once it is whole and on the disk.
void finish_compression(os::FdView folder, LogKind kind, const FolderContent& content) {
  for (const std::uint64_t segment : content.unfinished) {
    (void)os::remove_at(folder, unfinished_text_name(kind, segment));
  }
  for (const std::uint64_t segment : content.compressed) {
    if (!contains(content.plain, segment)) continue;
    (void)os::remove_at(folder, closed_text_name(kind, segment));
  }
}

// The renames of a rotation: text first, then index. In between, the newest closed text has no
// index and the index has no text.
Status finish_rotation(os::FdView folder, LogKind kind, const FolderContent& content) {
  if (content.current_text || !content.current_index) return {};
  const bool interrupted =
      !content.texts.empty() && !contains(content.indexes, content.texts.back());
  if (!interrupted) return os::remove_at(folder, current_index_name(kind));
  return os::rename_at(folder, current_index_name(kind),
                       closed_index_name(kind, content.texts.back()));
}

}  // namespace

Result<os::Fd> open_instance_folder(const std::string& log_dir, const std::string& instance,
                                    std::uint32_t service_uid) {
  if (!is_instance_name(instance)) {
    return failure(EINVAL, "\"" + instance + "\" cannot name a log folder");
  }
  const os::Fd parent = TRY(open_log_dir(log_dir));
  auto folder = os::open_folder_beneath(parent.view(), instance);
  if (!folder && folder.error().number == ENOENT) {
    TRY(os::make_folder_at(parent.view(), instance, instance_mode));
    folder = os::open_folder_beneath(parent.view(), instance);
  }
  if (!folder) return std::unexpected(std::move(folder.error()).within("log folder in " + log_dir));
  TRY(check_owner(folder->view(), log_dir + "/" + instance, service_uid));
  return folder;
}

FolderContent content_of(os::FdView folder, LogKind kind) {
  FolderContent content;
  for (const std::string& name : os::list_folder(folder)) {
    const auto parsed = parse_name(name);
    if (!parsed || parsed->kind != kind) continue;
    if (parsed->segment) {
      list_of(content, parsed->file).push_back(*parsed->segment);
    } else {
      (parsed->file == SegmentFile::index ? content.current_index : content.current_text) = true;
    }
  }
  for (auto* list : {&content.plain, &content.compressed, &content.unfinished, &content.indexes}) {
    std::ranges::sort(*list);
  }
  std::ranges::set_union(content.plain, content.compressed, std::back_inserter(content.texts));
  return content;
}

std::uint64_t next_segment_number(const FolderContent& content) {
  std::uint64_t highest = 0;
  if (!content.texts.empty()) highest = content.texts.back();
  if (!content.indexes.empty()) highest = std::max(highest, content.indexes.back());
  return highest + 1;
}

Result<FolderContent> repair_folder(os::FdView folder, LogKind kind) {
  FolderContent content = content_of(folder, kind);
  TRY(finish_rotation(folder, kind, content));
  finish_compression(folder, kind, content);
  for (const std::uint64_t segment : content.indexes) {
    if (contains(content.texts, segment)) continue;
    (void)os::remove_at(folder, closed_index_name(kind, segment));
  }
  return content;
}

void remove_segment(os::FdView folder, LogKind kind, std::uint64_t segment) {
  (void)os::remove_at(folder, closed_text_name(kind, segment));
  (void)os::remove_at(folder, compressed_text_name(kind, segment));
  (void)os::remove_at(folder, closed_index_name(kind, segment));
}

std::size_t keep_newest_segments(os::FdView folder, LogKind kind, std::size_t most) {
  const FolderContent content = content_of(folder, kind);
  if (content.texts.size() <= most) return 0;
  const std::size_t surplus = content.texts.size() - most;
  for (std::size_t i = 0; i < surplus; ++i) remove_segment(folder, kind, content.texts[i]);
  return surplus;
}

}  // namespace stayd::journal
