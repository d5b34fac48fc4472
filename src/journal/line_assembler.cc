// SPDX-License-Identifier: Apache-2.0
#include "journal/line_assembler.h"

#include <algorithm>

namespace stayd::journal {

namespace {

constexpr std::size_t most_unfinished = 64;

}  // namespace

LineAssembler::Next LineAssembler::next_part(std::uint32_t stream, std::string_view bytes) {
  const auto kept = unfinished_.find(stream);
  const bool was_kept = kept != unfinished_.end();
  const std::size_t room = most_line_part - (was_kept ? kept->second.size() : 0);
  const std::size_t line_end = bytes.find('\n');
  const bool ends = line_end <= room;
  const std::size_t length = ends ? line_end : std::min(bytes.size(), room);
  Next next{
      .part = bytes.substr(0, length),
      .taken = length + (ends ? 1 : 0),
      .end = ends ? PartEnd::line_end : PartEnd::continues,
      .is_whole = ends || length == room || (!was_kept && unfinished_.size() >= most_unfinished),
      .was_kept = was_kept};
  if (was_kept) {
    kept->second += next.part;
    next.part = kept->second;
  } else if (!next.is_whole) {
    unfinished_.emplace(stream, next.part);
  }
  return next;
}

}  // namespace stayd::journal
