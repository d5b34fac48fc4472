// SPDX-License-Identifier: Apache-2.0
// Moving bytes inside the kernel: splice(2), tee(2), and the size of pipes (fcntl(2),
// F_SETPIPE_SZ).
//
// These run thousands of times a second, and EAGAIN is their everyday answer: they give a plain
// Transfer, not a Result, so that no message is made for it. EINTR is handled here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "os/fd.h"

namespace stayd::os {

/// What a transfer did: `bytes` moved, or `number` (errno) when not 0. Both 0: end of file.
struct Transfer {
  std::size_t bytes = 0;
  int number = 0;
  [[nodiscard]] bool ok() const { return number == 0; }
  [[nodiscard]] bool would_block() const;
  [[nodiscard]] bool at_end() const { return number == 0 && bytes == 0; }
};

/// Pipe to pipe, at most `most` bytes, without waiting on either side.
Transfer splice_to_pipe(FdView from, FdView into, std::size_t most);
/// Pipe to a file at `offset` (not opened with O_APPEND: EINVAL), without waiting for the pipe.
/// Bytes leave the pipe exactly as they reach the file, whatever interrupts it. EINVAL: a file
/// system that cannot; ENOSPC, EDQUOT, EFBIG, EIO: nothing was written.
Transfer splice_to_file(FdView pipe, FdView file, std::uint64_t offset, std::size_t most);
/// Duplicates bytes into another pipe; they stay in `from`.
Transfer tee_pipe(FdView from, FdView into, std::size_t most);
/// read(2) without waiting; the pipe's own flags do not matter.
Transfer read_pipe(FdView pipe, std::span<char> into);

/// Bytes that wait in a pipe (FIONREAD); 0 on an error.
std::size_t bytes_in_pipe(FdView pipe);
/// F_SETPIPE_SZ: 0, or errno (EPERM: the user's pipe budget, EBUSY: more bytes inside than that).
int set_pipe_capacity(FdView pipe, std::size_t bytes);
/// F_GETPIPE_SZ; 0 on an error.
std::size_t pipe_capacity(FdView pipe);

}  // namespace stayd::os
