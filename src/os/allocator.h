// SPDX-License-Identifier: Apache-2.0
// What a process that lives for months does about the memory it holds.
#pragma once

namespace stayd::os {

/// Fixes the thresholds of malloc (mallopt(3)), which would otherwise grow with the largest block
/// that was ever freed and keep that much: large blocks go back to the kernel when they are freed.
/// Before the first large allocation.
void tune_allocator();

/// Gives back what only the start needed: free heap (malloc_trim(3)), and the resident pages of our
/// program's text and constants (madvise(2), MADV_DONTNEED), of which those that are needed again
/// come from the page cache. About 0.1 ms; once, when the start is over.
void release_startup_memory();

}  // namespace stayd::os
