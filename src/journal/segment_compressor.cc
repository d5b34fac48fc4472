// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_compressor.h"

#include <cerrno>

#include "journal/text_compressor.h"
#include "os/error.h"
#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

Status sync(os::FdView file) {
  const int number = os::sync_to_disk(file);
  if (number != 0 && number != EINVAL) return os::error_of(number, "cannot sync a compressed log");
  return {};
}

Status write_compressed(os::FdView folder, const std::string& name, os::FdView text) {
  const os::FileStatus status = TRY(os::status_of(text));
  const os::Fd into = TRY(os::open_beneath(folder, name, os::OpenFor::write_new, status.mode));
  TRY(compress_text(text, into.view()));
  (void)os::set_modified(into.view(), status.modified_ns);
  return sync(into.view());
}

}  // namespace

Status compress_segment(os::FdView folder, LogKind kind, std::uint64_t segment) {
  const std::string plain = closed_text_name(kind, segment);
  const std::string unfinished = unfinished_text_name(kind, segment);
  const os::Fd text = TRY(os::open_beneath(folder, plain, os::OpenFor::read, 0));
  TRY(os::remove_at(folder, unfinished));
  Status written = write_compressed(folder, unfinished, text.view());
  const auto status = os::status_of(text.view());
  const bool is_wanted = written && status && status->names > 0;
  if (!is_wanted) {
    (void)os::remove_at(folder, unfinished);
    return written;
  }
  TRY(os::rename_at(folder, unfinished, compressed_text_name(kind, segment)));
  TRY(sync(folder));
  return os::remove_at(folder, plain);
}

}  // namespace stayd::journal
