// SPDX-License-Identifier: Apache-2.0
// How wide the pipes of hot streams are: wider means fewer turns and a service that waits less.
//
// The kernel counts the pages of a user's pipes: once they reach pipe-user-pages-soft (pipe(7);
// 16,384, which is 64 pipes of 1 MiB), an ordinary user's new pipes hold 8 KiB. So all widened
// pipes together keep to a budget of half of that, and become usual again once they are quiet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "journal/stream_table.h"

namespace stayd::app {

class PipeWidths {
 public:
  using Slot = journal::StreamTable::Slot;
  /// Reads the limit from /proc.
  PipeWidths();

  /// A look at a hot stream moved `bytes`. After several looks that found its pipe nearly full, the
  /// pipe is widened one step, if budget and kernel allow it. Whether it was.
  bool note_look(Slot slot, journal::Stream& stream, std::size_t bytes);
  /// Makes pipes of streams that have not been hot for two seconds usual again.
  void narrow_quiet(journal::StreamTable& streams, Instant now);
  /// When narrow_quiet() wants to be called; never while all widened ones are hot.
  [[nodiscard]] Instant deadline(const journal::StreamTable& streams) const;
  /// The stream is at its end, or goes.
  void forget(Slot slot, const journal::Stream& stream);
  [[nodiscard]] bool is_widened(Slot slot) const;

 private:
  std::size_t left_;           ///< of the budget, bytes
  std::vector<Slot> widened_;  ///< a hundred at most
};

}  // namespace stayd::app
