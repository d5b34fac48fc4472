// SPDX-License-Identifier: Apache-2.0
// Which closed segments of a log are kept.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "journal/index_format.h"
#include "journal/segment_names.h"
#include "os/fd.h"

namespace stayd::journal {

struct Retention {
  std::uint32_t max_files = 1;  ///< of one kind, at least 1
  Duration max_age;             ///< since a segment's last byte; 0: any
  std::uint64_t max_total = 0;  ///< bytes of all files of both kinds; 0: no limit
  std::uint64_t expected = 0;   ///< bytes that a current segment may grow to, with its index
};

/// Removes the oldest closed segments of `kind` beyond max_files and max_age, and of both kinds
/// until closed and current ones together are within max_total. When the oldest of this kind is to
/// be removed for its age; never: there is none, or no max_age.
Instant retain(os::FdView folder, LogKind kind, const Retention& wanted, const Stamp& now);

/// The max-age of a log that nobody writes, as its own index says: removes what is older, the
/// current segment too. When that wants to be done again: an eighth of max-age after the next one
/// is too old, so that the rest of that time goes with it.
Instant retain_unused(os::FdView folder, LogKind kind, const Stamp& now);

/// How long ago it was: by the boot-time clock within one boot, else by the wall clock; not
/// negative.
Duration age_of(const Stamp& then, const Stamp& now);

/// What a closed segment takes: its text, compressed or not, and its index.
std::uint64_t bytes_of_segment(os::FdView folder, LogKind kind, std::uint64_t segment);

}  // namespace stayd::journal
