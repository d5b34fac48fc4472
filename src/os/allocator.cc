// SPDX-License-Identifier: Apache-2.0
#include "os/allocator.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

// By the linker: the beginning of our image, and the end of its text.
extern "C" const char __executable_start;
extern "C" const char etext;

namespace stayd::os {
namespace {

constexpr int large_block = 64 << 10;

}  // namespace

void tune_allocator() {
  mallopt(M_MMAP_THRESHOLD, large_block);
  mallopt(M_TRIM_THRESHOLD, large_block);
  mallopt(M_TOP_PAD, 0);
}

void release_startup_memory() {
  malloc_trim(0);
  const auto page = static_cast<std::uintptr_t>(getpagesize());
  const auto begin =
      (reinterpret_cast<std::uintptr_t>(&__executable_start) + page - 1) & ~(page - 1);
  const auto end = reinterpret_cast<std::uintptr_t>(&etext) & ~(page - 1);
  // Private and never written to: what is dropped is read again from the file.
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace stayd::os
