// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_source.h"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "os/error.h"
#include "os/file_bytes.h"
#include "os/files.h"
#include "os/memory.h"

namespace stayd::journal {

namespace {

constexpr std::uint64_t most_foreign_text = 1u << 30;

struct StreamFreer {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

std::unexpected<Error> damaged() {
  return os::error_of(EBADMSG, "cannot unpack a compressed log segment");
}

/// Unpacks a whole file that has no seek table into a memory file.
class Unpacking {
 public:
  explicit Unpacking(os::FdView from) : from_(from) {}
  Result<os::Fd> run() {
    into_ = TRY(os::create_memory_file("log segment", 0));
    if (!stream_) return os::error_of(ENOMEM, "cannot unpack a log segment");
    bool is_whole = false;  // at the end of a frame
    for (;;) {
      const auto got = os::read_at(from_, read_, packed_);
      if (!got.ok()) return os::error_of(got.number, "cannot read a log segment");
      if (got.bytes == 0) break;
      read_ += got.bytes;
      is_whole = TRY(unpack(got.bytes));
    }
    if (!is_whole) return damaged();
    return std::move(into_);
  }

 private:
  Result<bool> unpack(std::size_t bytes) {
    ZSTD_inBuffer in{.src = packed_.data(), .size = bytes, .pos = 0};
    std::size_t state = 1;
    bool has_more = true;
    while (in.pos < in.size || has_more) {
      ZSTD_outBuffer out{.dst = text_.data(), .size = text_.size(), .pos = 0};
      state = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(state) != 0) return damaged();
      TRY(append({text_.data(), out.pos}));
      has_more = out.pos == out.size;
    }
    return state == 0;
  }

  Status append(std::string_view bytes) {
    if (written_ + bytes.size() > most_foreign_text) {
      return os::error_of(EFBIG, "cannot unpack a log segment that another program compressed");
    }
    const auto put = os::write_at(into_.view(), written_, bytes);
    if (!put.ok()) return os::error_of(put.number, "cannot unpack a log segment");
    written_ += put.bytes;
    return {};
  }

  os::FdView from_;
  os::Fd into_;
  std::uint64_t read_ = 0, written_ = 0;
  std::unique_ptr<ZSTD_DStream, StreamFreer> stream_{ZSTD_createDStream()};
  std::string packed_ = std::string(ZSTD_DStreamInSize(), '\0');
  std::string text_ = std::string(ZSTD_DStreamOutSize(), '\0');
};

}  // namespace

// The plain one first: when it goes, its successor is there already.
Result<SegmentSource> SegmentSource::open(os::FdView folder, LogKind kind,
                                          std::optional<std::uint64_t> segment) {
  const std::string name = segment ? closed_text_name(kind, *segment) : current_text_name(kind);
  auto file = os::open_beneath(folder, name, os::OpenFor::read, 0);
  if (!file && file.error().number == ENOENT && segment) {
    const std::string compressed = compressed_text_name(kind, *segment);
    return open_compressed(TRY(os::open_beneath(folder, compressed, os::OpenFor::read, 0)));
  }
  SegmentSource source;
  source.file_ = TRY(std::move(file));
  source.inode_ = TRY(os::status_of(source.file_.view())).inode;
  return source;
}

Result<SegmentSource> SegmentSource::open_compressed(os::Fd file) {
  SegmentSource source;
  const os::FileStatus status = TRY(os::status_of(file.view()));
  source.inode_ = status.inode;
  if (auto places = read_seek_table(file.view(), status.size)) {
    source.places_ = std::move(*places);
    source.file_ = std::move(file);
  } else {
    source.file_ = TRY(Unpacking(file.view()).run());
  }
  return source;
}

std::uint64_t SegmentSource::size() const {
  if (is_compressed()) return places_.back().in_text;
  return file_.valid() ? os::file_size(file_.view()).value_or(0) : 0;
}

os::Transfer SegmentSource::read_at(std::uint64_t offset, std::span<char> into) {
  if (!is_compressed()) return os::read_at(file_.view(), offset, into);
  os::Transfer all;
  while (all.bytes < into.size()) {
    const os::Transfer got = copy_from_frame(offset + all.bytes, into.subspan(all.bytes));
    all.bytes += got.bytes;
    all.number = got.number;
    if (got.bytes == 0) break;
  }
  return all;
}

os::Transfer SegmentSource::copy_from_frame(std::uint64_t offset, std::span<char> into) {
  if (offset >= places_.back().in_text) return {};
  const auto after = std::ranges::upper_bound(places_, offset, {}, &FramePlace::in_text);
  const auto number = static_cast<std::size_t>(after - places_.begin()) - 1;
  if (const int failed = load_frame(number); failed != 0) return {.bytes = 0, .number = failed};
  const auto rest = std::string_view(frame_).substr(offset - places_[number].in_text);
  const std::size_t bytes = std::min(rest.size(), into.size());
  std::ranges::copy(rest.substr(0, bytes), into.begin());
  return {.bytes = bytes, .number = 0};
}

void SegmentSource::forget_frame() {
  loaded_ = ~std::size_t{0};
  std::string().swap(frame_);
}

int SegmentSource::load_frame(std::size_t number) {
  if (loaded_ == number) return 0;
  loaded_ = ~std::size_t{0};
  const FramePlace& begin = places_[number];
  const FramePlace& end = places_[number + 1];
  std::string packed(end.in_file - begin.in_file, '\0');
  const os::Transfer got = os::read_at(file_.view(), begin.in_file, packed);
  if (got.bytes != packed.size()) return got.number != 0 ? got.number : EBADMSG;
  frame_.resize(end.in_text - begin.in_text);
  const std::size_t text =
      ZSTD_decompress(frame_.data(), frame_.size(), packed.data(), packed.size());
  if (ZSTD_isError(text) != 0 || text != frame_.size()) return EBADMSG;
  loaded_ = number;
  return 0;
}

}  // namespace stayd::journal
