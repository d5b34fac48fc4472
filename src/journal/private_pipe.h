// SPDX-License-Identifier: Apache-2.0
// The pipe between a service's pipe and its file, and the word that says whose bytes are in it.
//
// A splice from a pipe into a file holds the pipe locked while the file system works, so the
// service waits; two hops through a pipe of our own do not. The bytes inside must outlive the log
// writer: the supervisor makes this pipe once, keeps it open, and hands the same one to every log
// writer. The shared word is written before the first hop, so a successor knows whose bytes it
// finds.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "os/fd.h"
#include "os/memory.h"

namespace stayd::journal {

/// What the supervisor makes and keeps (and gives to its own successors).
struct PrivatePipe {
  os::Fd read_end;
  os::Fd write_end;
  os::Fd shared;  ///< memfd of one page
};

/// The pipe is widened as far as this user may (1 MiB, less when the user's pipe budget is spent).
Result<PrivatePipe> create_private_pipe();

/// Descriptor numbers in the log writer; 1 and 2 are the console.
inline constexpr int channel_descriptor = 3;
inline constexpr int private_read_descriptor = 4;
inline constexpr int private_write_descriptor = 5;
inline constexpr int shared_word_descriptor = 6;

/// The shared word, mapped.
class OwnerWord {
 public:
  static Result<OwnerWord> map(os::FdView shared);
  /// The number of the stream whose bytes are, or are about to be, in the private pipe; 0: none
  /// yet.
  [[nodiscard]] std::uint32_t get() const;
  void set(std::uint32_t stream_number);

 private:
  explicit OwnerWord(os::Mapping mapping) : mapping_(std::move(mapping)) {}
  os::Mapping mapping_;
};

}  // namespace stayd::journal
