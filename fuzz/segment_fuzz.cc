// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed segment: it opens or is refused, and what can be read of it is within
// the size that it says it has.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "journal/segment_source.h"
#include "os/file_bytes.h"
#include "os/memory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stayd;
  auto file = os::create_memory_file("segment", 0);
  ENSURE(file.has_value());
  ENSURE(os::write_at(file->view(), 0, {reinterpret_cast<const char*>(data), size}).ok());
  auto source = journal::SegmentSource::open_compressed(std::move(*file));
  if (!source) return 0;
  std::string piece(100'000, '\0');
  for (std::uint64_t at = 0; at < source->size() && at < (8u << 20);) {
    const os::Transfer got = source->read_at(at, piece);
    ENSURE(at + got.bytes <= source->size());
    at += got.bytes != 0 ? got.bytes : 50'000;
  }
  ENSURE(source->read_at(source->size(), piece).at_end());
  return 0;
}
