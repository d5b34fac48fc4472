// SPDX-License-Identifier: Apache-2.0
#include "journal/text_compressor.h"

#include <zstd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "journal/seek_table.h"
#include "os/error.h"
#include "os/file_bytes.h"

namespace stayd::journal {

namespace {

constexpr int level = 1;

struct ContextFreer {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, ContextFreer>;

Context create_context() {
  Context context(ZSTD_createCCtx());
  if (!context) return nullptr;
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  return context;
}

/// One file into another, a frame at a time.
class Job {
 public:
  Job(os::FdView text, os::FdView into) : text_(text), into_(into) {}
  Status run() {
    if (!context_) return os::error_of(ENOMEM, "cannot compress a log");
    while (TRY(next_frame())) {
    }
    return append(encode_seek_table(frames_));
  }

 private:
  /// False: the text is at its end.
  Result<bool> next_frame() {
    const auto got = os::read_at(text_, read_, read_buffer_);
    if (!got.ok()) return os::error_of(got.number, "cannot read a closed log");
    if (got.bytes == 0) return false;
    if (frames_.size() == most_frames) return os::error_of(EFBIG, "cannot compress a log");
    const std::size_t size = ZSTD_compress2(context_.get(), packed_.data(), packed_.size(),
                                            read_buffer_.data(), got.bytes);
    if (ZSTD_isError(size) != 0) {
      return failure(ENOMEM, std::string("cannot compress a log: ") + ZSTD_getErrorName(size));
    }
    TRY(append(std::string_view(packed_).substr(0, size)));
    frames_.push_back({.compressed = static_cast<std::uint32_t>(size),
                       .text = static_cast<std::uint32_t>(got.bytes)});
    read_ += got.bytes;
    return true;
  }

  Status append(std::string_view bytes) {
    const auto put = os::write_at(into_, written_, bytes);
    if (!put.ok()) return os::error_of(put.number, "cannot write a compressed log");
    written_ += put.bytes;
    return {};
  }

  os::FdView text_, into_;
  std::uint64_t read_ = 0, written_ = 0;
  Context context_ = create_context();
  std::string read_buffer_ = std::string(frame_text_bytes, '\0');
  std::string packed_ = std::string(ZSTD_compressBound(frame_text_bytes), '\0');
  std::vector<FrameSize> frames_;
};

}  // namespace

Status compress_text(os::FdView text, os::FdView into) { return Job(text, into).run(); }

}  // namespace stayd::journal
