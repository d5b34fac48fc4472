// SPDX-License-Identifier: Apache-2.0
// What a process that lives for months does about the memory it holds.
#pragma once

namespace stayd::os {

/// Fixes the thresholds of malloc (mallopt(3)), which would otherwise grow with the largest block
/// that was ever freed and keep that much: large blocks go back to the kernel when they are freed.
/// Before the first large allocation.
void tune_allocator();

/// Gives back what only the start needed: free heap (malloc_trim(3)) and the pages of our program
/// text (madvise(2), MADV_DONTNEED), of which those that are needed again come from the page cache.
void release_startup_memory();

}  // namespace stayd::os
