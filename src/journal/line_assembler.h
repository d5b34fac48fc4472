// SPDX-License-Identifier: Apache-2.0
// Whole lines out of a stream's bytes, for what takes lines only. A line that came whole is handed
// on where it stands; of others the beginning is kept until the end comes, within a fixed amount of
// memory: at most 64 lines, of 8 KiB each. What is longer, or one too many, comes in parts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stayd::journal {

inline constexpr std::size_t most_line_part = 8u << 10;

/// Whether this is the end of its line.
enum class PartEnd : std::uint8_t { line_end, continues };

class LineAssembler {
 public:
  /// Takes bytes of `stream`; `give(part, end)` is called for what is whole now.
  template <typename Give>
  void take(std::uint32_t stream, std::string_view bytes, Give give) {
    while (!bytes.empty()) {
      const Next next = next_part(stream, bytes);
      if (next.is_whole) give(next.part, next.end);
      if (next.is_whole && next.was_kept) forget(stream);
      bytes.remove_prefix(next.taken);
    }
  }
  /// The stream is at its end: its last line, if that has no end.
  template <typename Give>
  void end(std::uint32_t stream, Give give) {
    const auto kept = unfinished_.find(stream);
    if (kept == unfinished_.end()) return;
    give(std::string_view(kept->second), PartEnd::line_end);
    unfinished_.erase(kept);
  }
  [[nodiscard]] std::size_t unfinished() const { return unfinished_.size(); }

 private:
  struct Next {
    std::string_view part;  ///< without the line end
    std::size_t taken = 0;
    PartEnd end = PartEnd::line_end;
    bool is_whole = true;  ///< false: kept until more comes
    bool was_kept = false;
  };
  Next next_part(std::uint32_t stream, std::string_view bytes);
  void forget(std::uint32_t stream) { unfinished_.erase(stream); }

  std::map<std::uint32_t, std::string> unfinished_;  ///< by stream; few
};

}  // namespace stayd::journal
