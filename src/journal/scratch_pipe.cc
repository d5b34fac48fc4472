// SPDX-License-Identifier: Apache-2.0
#include "journal/scratch_pipe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "os/pipe.h"

namespace stayd::journal {

namespace {

// A slot of a pipe may hold less than a page: room for 64 KiB in slots of 2 KiB and more.
constexpr std::size_t scratch_capacity = 128u << 10;

}  // namespace

int ScratchPipe::make() {
  auto pipe = os::create_pipe();
  if (!pipe) return pipe.error().number;
  (void)os::set_pipe_capacity(pipe->write_end.view(), scratch_capacity);
  read_end_ = std::move(pipe->read_end);
  write_end_ = std::move(pipe->write_end);
  return 0;
}

os::Transfer ScratchPipe::look(os::FdView pipe, std::size_t most) {
  clear();
  if (!read_end_) {
    if (const int number = make(); number != 0) return {.bytes = 0, .number = number};
  }
  const os::Transfer copied = os::tee_pipe(pipe, write_end_.view(), most);
  inside_ = copied.bytes;
  return copied;
}

os::Transfer ScratchPipe::read(std::span<char> into) {
  if (inside_ == 0) return {};
  const os::Transfer got =
      os::read_pipe(read_end_.view(), into.first(std::min(into.size(), inside_)));
  inside_ -= got.bytes;
  if (got.bytes == 0) drop_pipe();
  return got;
}

// A pipe whose content is in doubt is not used again.
void ScratchPipe::drop_pipe() {
  read_end_.reset();
  write_end_.reset();
  inside_ = 0;
}

void ScratchPipe::clear() {
  std::array<char, 4096> unwanted;
  while (inside_ > 0) (void)read(unwanted);
}

LineEnd find_last_line_end(ScratchPipe& scratch, os::FdView pipe, std::size_t most) {
  const os::Transfer copied = scratch.look(pipe, most);
  LineEnd found{.seen = copied.bytes, .after = 0, .number = copied.number};
  std::array<char, 4096> piece;
  std::size_t at = 0;
  while (at < found.seen) {
    const os::Transfer got = scratch.read(piece);
    if (!got.ok() || got.bytes == 0) break;
    const std::size_t last = std::string_view(piece.data(), got.bytes).rfind('\n');
    if (last != std::string_view::npos) found.after = at + last + 1;
    at += got.bytes;
  }
  found.seen = at;
  return found;
}

}  // namespace stayd::journal
