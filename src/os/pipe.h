// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

struct Pipe {
  Fd read_end;
  Fd write_end;
};
/// pipe2(O_CLOEXEC); only the read end is non-blocking if `nonblocking_read` is asked for by kind.
Result<Pipe> create_pipe();
/// Bytes that wait in a pipe (FIONREAD).
Result<std::uint64_t> waiting_bytes(FdView pipe);
/// Reads what is there: the count, 0 at end of file; EAGAIN is an Error with that number.
Result<std::size_t> read_some(FdView fd, std::span<char> into);
/// Writes what goes: the count; EAGAIN is an Error with that number.
Result<std::size_t> write_some(FdView fd, std::string_view bytes);
/// Writes all, waiting (poll) where it must, for our own small messages.
Status write_all(FdView fd, std::string_view bytes);

}  // namespace stayd::os
