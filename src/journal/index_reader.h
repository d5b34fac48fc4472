// SPDX-License-Identifier: Apache-2.0
// Reads an index file by the numbers of its records, a block of 4 KiB at a time: what is sought is
// found by bisection, and an index of any size takes the same memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "journal/index_format.h"
#include "os/fd.h"

namespace stayd::journal {

class IndexReader {
 public:
  /// An index without records.
  IndexReader() = default;
  /// The same where there is no file, or it is not an index of this version.
  static IndexReader open(const std::string& path);

  /// Number of the segment, as the header says; none: no header that we can read.
  [[nodiscard]] std::optional<std::uint64_t> segment() const { return segment_; }
  /// Records, damaged ones included, as of open() or the last refresh().
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Whether there are more than before.
  bool refresh();
  /// None: damaged, or there is none of that number.
  std::optional<IndexRecord> at(std::uint64_t number);
  /// The first of them at `number` or behind it; none: there is none.
  std::optional<IndexRecord> first_from(std::uint64_t number);

  /// The number of the first record whose offset is `offset` or beyond; count(): there is none.
  std::uint64_t find_offset(std::uint64_t offset);
  /// ... that came at `at` or later. Where the clock was set back by more than a second, the first
  /// of all of them.
  std::uint64_t find_time(WallTime at);
  /// ... of `run` or a later one, if `run` printed anything into this segment.
  std::uint64_t find_run(RunId run);
  /// The greatest run below `bound` of which there are bytes; none: there is none.
  std::optional<RunId> run_before(RunId bound);

 private:
  static constexpr std::size_t block_bytes = 4096;
  bool load(std::uint64_t block);
  template <typename Precedes>
  std::uint64_t bisect(std::uint64_t low, std::uint64_t high, Precedes precedes);
  std::uint64_t find_time_within(std::uint64_t low, std::uint64_t high, WallTime at);
  bool clock_was_set_back(std::uint64_t low, std::uint64_t high);

  os::Fd file_;
  std::optional<std::uint64_t> segment_;
  std::uint64_t count_ = 0;
  std::uint64_t block_ = UINT64_MAX;  ///< of which bytes_ are the content
  std::size_t filled_ = 0;
  std::uint64_t decoded_number_ = UINT64_MAX;  ///< many lines are of one record
  std::optional<IndexRecord> decoded_;
  std::array<char, block_bytes> bytes_;
};

}  // namespace stayd::journal
