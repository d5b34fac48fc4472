// SPDX-License-Identifier: Apache-2.0
// Appends records to an index file; repairs it when it is opened.
//
// Losing the index, or a part of it, loses times and never text: a record that cannot be written is
// given up, and readers show the bytes that no record covers without a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/index_format.h"
#include "os/fd.h"

namespace stayd::journal {

/// What the index must agree with.
struct IndexSubject {
  std::uint64_t segment = 0;    ///< number that the segment will have once closed
  std::uint64_t text_size = 0;  ///< bytes of the text file
  Stamp now;
  Duration max_age{};  ///< of the log: its header says so
};

class IndexWriter {
 public:
  /// Takes an index open for reading and writing. A torn or wrong tail is cut off, so are records
  /// that speak of bytes which the text does not have; bytes that no record covers get one, marked
  /// time_unknown. An index that is not ours at all is begun anew.
  static Result<IndexWriter> open(os::Fd file, const IndexSubject& subject);

  /// Bytes of `run` arrived at the text's end. Bursts of one run within a millisecond become one
  /// record. Nothing is written before flush(), or until 64 records wait.
  void note_burst(const IndexRecord& record);
  /// Any other record.
  void append(const IndexRecord& record);
  /// Writes what waits. 0, or errno (what waited is then given up).
  int flush();
  /// Whether something waits.
  [[nodiscard]] bool dirty() const { return has_open_ || !waiting_.empty(); }
  /// Bytes of the file, once everything is written.
  [[nodiscard]] std::uint64_t size() const {
    return size_ + waiting_.size() + (has_open_ ? index_entry_bytes : 0);
  }
  /// The last run that a record speaks of, and the same said to the index of the next segment: a
  /// run begins once.
  [[nodiscard]] RunId last_run() const { return last_run_; }
  void continue_run(RunId run) { last_run_ = run; }
  /// When the text's first byte came, as its first record says; else when the index was made.
  [[nodiscard]] Stamp begins() const;
  /// The text was emptied: so is the index, what waits included. 0 or errno.
  int restart(const IndexSubject& subject);

 private:
  IndexWriter(os::Fd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  void push(const IndexRecord& record);
  void close_burst();
  int write(std::string_view entries);

  os::Fd file_;
  std::uint64_t size_ = 0;  ///< whole entries
  RunId last_run_ = no_run;
  bool has_open_ = false;
  IndexRecord open_;     ///< the burst that may still grow
  std::string waiting_;  ///< encoded records
};

}  // namespace stayd::journal
