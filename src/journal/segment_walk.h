// SPDX-License-Identifier: Apache-2.0
// One log as the sequence of its segments, of which one is open. Segments may be closed, compressed
// and removed by others at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/index_reader.h"
#include "journal/segment_names.h"
#include "journal/segment_source.h"

namespace stayd::journal {

class SegmentWalk {
 public:
  /// Which segment: its number once closed, and whether it is.
  struct Place {
    std::uint64_t number = 0;  ///< 0: none
    bool is_closed = false;
  };

  /// `folder` is <log-dir>/<instance>. None is open at first.
  SegmentWalk(std::string folder, LogKind kind) : folder_(std::move(folder)), kind_(kind) {}

  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] bool is_open() const { return place_.number > 0; }
  /// Not empty: the open segment cannot be read at all, and why.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Whether the open segment may grow.
  [[nodiscard]] bool is_current() const { return is_open() && !place_.is_closed; }
  SegmentSource& text() { return text_; }
  [[nodiscard]] const SegmentSource& text() const { return text_; }
  IndexReader& index() { return index_; }
  /// Whether the index says more than before; it may have been made after the text.
  bool refresh_index();
  [[nodiscard]] const IndexReader& index() const { return index_; }

  /// The same log, with no segment open.
  [[nodiscard]] SegmentWalk at_start() const { return {folder_, kind_}; }
  /// Opens the segment behind the open one, or the first there is. False: there is none at present,
  /// and all stays as it is. `missing()` then says how many between them have been removed.
  bool open_next();
  /// Opens the one before.
  bool open_previous();
  /// Opens the newest.
  bool open_last();
  /// Opens the current one, should it be open already, as it is by now.
  bool open_current();
  /// Opens that one; false: it is no longer there.
  bool open(const Place& place);
  /// Opens the last segment that begins before `at`, or the first.
  bool open_for_time(WallTime at);
  /// Opens the first segment that can have bytes of `run`.
  bool open_for_run(RunId run);
  [[nodiscard]] std::optional<RunId> run_before(RunId bound) const;

  /// Segments between the one that was left last and the open one.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  /// Whether the current segment's name leads to another file by now (rotation).
  [[nodiscard]] bool was_replaced() const;

 private:
  [[nodiscard]] std::vector<std::uint64_t> closed_segments() const;
  [[nodiscard]] Result<SegmentSource> open_text(std::optional<std::uint64_t> closed) const;
  [[nodiscard]] IndexReader open_index(std::optional<std::uint64_t> closed) const;
  bool open_closed(std::uint64_t number);
  template <typename Precedes>
  bool open_for(Precedes precedes);

  std::string folder_;
  LogKind kind_;
  SegmentSource text_;
  IndexReader index_;
  Place place_;
  std::uint64_t missing_ = 0;
  std::string trouble_;
};

}  // namespace stayd::journal
