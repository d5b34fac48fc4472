// SPDX-License-Identifier: Apache-2.0
// Pipes, and plain reading and writing of any descriptor: pipe(7), read(2), write(2). Sizes and
// kernel-side copies are in os/splice.h.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

struct Pipe {
  Fd read_end;
  Fd write_end;
};
/// pipe2(O_CLOEXEC), both ends blocking: whoever must not wait asks first (os/splice.h) or makes
/// its end non-blocking.
Result<Pipe> create_pipe();
/// Reads what is there: the count, 0 at end of file; EAGAIN is an Error with that number.
Result<std::size_t> read_some(FdView fd, std::span<char> into);
/// Writes what goes: the count; EAGAIN is an Error with that number.
Result<std::size_t> write_some(FdView fd, std::string_view bytes);
/// Writes all, waiting (poll) where it must, for our own small messages.
Status write_all(FdView fd, std::string_view bytes);

}  // namespace stayd::os
