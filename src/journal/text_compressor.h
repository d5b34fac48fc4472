// SPDX-License-Identifier: Apache-2.0
// Compresses the text of a closed segment with libzstd, level 1: frames of 256 KiB that can be
// unpacked alone, and a table of them (journal/seek_table.h). `zstd -d` unpacks the file.
#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace stayd::journal {

/// Writes all of `text`, a file, into `into`, an empty file. Takes some 1.5 MiB of memory, whatever
/// the size. EFBIG: more than 256 GiB.
Status compress_text(os::FdView text, os::FdView into);

}  // namespace stayd::journal
