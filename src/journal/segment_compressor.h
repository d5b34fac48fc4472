// SPDX-License-Identifier: Apache-2.0
// Puts a compressed text in the place of a closed segment's plain one.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "journal/segment_names.h"
#include "os/fd.h"

namespace stayd::journal {

/// Writes it under an unfinished name, syncs it, renames it, and removes the plain one: killed at
/// any point it leaves one of them, or both, whole. On an Error the plain one is as it was. When
/// the segment was removed meanwhile, it stays so. Mode and time of change are kept.
Status compress_segment(os::FdView folder, LogKind kind, std::uint64_t segment);

}  // namespace stayd::journal
