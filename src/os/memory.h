// SPDX-License-Identifier: Apache-2.0
// memfd_create(2) and shared mappings.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// A sealable memory file of `size` bytes of zero.
Result<Fd> create_memory_file(const char* name, std::size_t size);
/// A memory file with this content, sealed against every change (F_SEAL_WRITE|GROW|SHRINK|SEAL).
Result<Fd> create_sealed(const char* name, std::string_view content);
/// Whether all of those seals are set: content from another process can change no more.
bool is_sealed(FdView file);
Result<std::size_t> file_size(FdView file);

/// A mapping of a whole file, unmapped by its owner's end.
class Mapping {
 public:
  static Result<Mapping> read_only(FdView file);
  static Result<Mapping> shared(FdView file);
  Mapping() = default;
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();
  /// Its pages are no longer ours until they are read again: the file keeps them (madvise(2),
  /// MADV_DONTNEED).
  void drop_resident() const;
  [[nodiscard]] char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view bytes() const { return {data_, size_}; }

 private:
  Mapping(char* data, std::size_t size) : data_(data), size_(size) {}
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace stayd::os
