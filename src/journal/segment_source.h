// SPDX-License-Identifier: Apache-2.0
// The text of a segment, to be read at any offset, whether it is compressed or not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/seek_table.h"
#include "journal/segment_names.h"
#include "os/fd.h"
#include "os/splice.h"

namespace stayd::journal {

class SegmentSource {
 public:
  /// Nothing is open.
  SegmentSource() = default;
  /// The text of the closed segment with this number, or of the current one. A closed one that is
  /// being compressed meanwhile is found under either name. What another program has compressed is
  /// read too (unpacked as a whole, which takes memory; EFBIG beyond 1 GiB). ENOENT: there is no
  /// such segment. EBADMSG: the compressed file is damaged.
  static Result<SegmentSource> open(os::FdView folder, LogKind kind,
                                    std::optional<std::uint64_t> segment);
  /// The same of a compressed file that is open already.
  static Result<SegmentSource> open_compressed(os::Fd file);

  [[nodiscard]] bool valid() const { return file_.valid(); }
  /// Bytes of text. That of a segment which is not compressed may grow.
  [[nodiscard]] std::uint64_t size() const;
  /// Of the file as it was opened.
  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  /// All of `into` unless the text ends before; bytes 0 and number 0: `offset` is at or beyond the
  /// end. Of a compressed text, the frame (256 KiB) that was read last is kept in memory. EBADMSG:
  /// the compressed file is damaged there.
  os::Transfer read_at(std::uint64_t offset, std::span<char> into);
  /// Gives the memory of the frame back.
  void forget_frame();

 private:
  [[nodiscard]] bool is_compressed() const { return !places_.empty(); }
  os::Transfer copy_from_frame(std::uint64_t offset, std::span<char> into);
  int load_frame(std::size_t number);

  os::Fd file_;
  std::uint64_t inode_ = 0;
  std::vector<FramePlace> places_;  ///< empty: not compressed
  std::size_t loaded_ = ~std::size_t{0};
  std::string frame_;  ///< text of the frame `loaded_`
};

}  // namespace stayd::journal
