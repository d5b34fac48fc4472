// SPDX-License-Identifier: Apache-2.0
#include "os/allocator.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>

namespace stayd::os {
namespace {

constexpr int large_block = 64 << 10;

/// Drops the resident pages of a loaded file's segments that are never written to: what is needed
/// of them comes again from the page cache. (Where addresses are relocated at start, that happens
/// in writable segments.)
int drop_read_only_segments(dl_phdr_info* info, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(getpagesize());
  for (const auto& segment : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t first = info->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t begin = (first + page - 1) & ~(page - 1);
    const std::uintptr_t end = (first + segment.p_memsz) & ~(page - 1);
    // The loader speaks of addresses as numbers. NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void tune_allocator() {
  mallopt(M_MMAP_THRESHOLD, large_block);
  mallopt(M_TRIM_THRESHOLD, large_block);
  mallopt(M_TOP_PAD, 0);
}

void release_startup_memory() {
  malloc_trim(0);
  dl_iterate_phdr(drop_read_only_segments, nullptr);
}

}  // namespace stayd::os
