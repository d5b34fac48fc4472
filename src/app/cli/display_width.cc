// SPDX-License-Identifier: Apache-2.0
// How many columns a terminal gives to a text, and cutting it to so many.
#include <algorithm>
#include <array>
#include <cstdint>

#include "app/cli/output.h"

namespace stayd::app {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// What takes no column of its own: combining marks, joiners, direction marks, variation selectors.
constexpr auto zero_wide = std::to_array<Range>({
    {0x0300, 0x036f},   {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x0670, 0x0670},   {0x06d6, 0x06dc}, {0x0900, 0x0902}, {0x093c, 0x093c}, {0x0941, 0x0948},
    {0x094d, 0x094d},   {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1160, 0x11ff},
    {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064},
    {0x20d0, 0x20f0},   {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
    {0xe0100, 0xe01ef},
});

/// East Asian Width W and F (Unicode 15, EastAsianWidth.txt), neighbours drawn together.
constexpr auto double_wide = std::to_array<Range>({
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x3247},   {0x3250, 0x4dbf},   {0x4e00, 0xa4c6},   {0xa960, 0xa97c},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6b},
    {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18d08}, {0x1aff0, 0x1b2fb},
    {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a},
    {0x1f200, 0x1f265}, {0x1f300, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5},
    {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df},
    {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f7f0, 0x1f7f0},
    {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd},
});

template <std::size_t Count>
bool lies_in(const std::array<Range, Count>& ranges, char32_t code_point) {
  const auto at = std::ranges::lower_bound(ranges, code_point, {}, &Range::last);
  return at != ranges.end() && at->first <= code_point;
}

/// One thing that cannot be parted: a code point, an invalid byte, or a CSI sequence.
struct Unit {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

/// Bytes of the CSI sequence at the beginning; 0: there is none.
std::size_t sequence_bytes(std::string_view text) {
  if (text[0] != '\x1b' || !text.starts_with("\x1b[")) return 0;
  const auto last = std::ranges::find_if(text.substr(2), [](char c) { return c >= 0x40; });
  return last == text.end() ? 0 : static_cast<std::size_t>(last - text.begin()) + 1;
}

std::size_t columns_of(char32_t code_point) {
  if (lies_in(zero_wide, code_point)) return 0;
  return lies_in(double_wide, code_point) ? 2 : 1;
}

Unit first_unit(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) {
    const std::size_t bytes = sequence_bytes(text);
    return bytes == 0 ? Unit{} : Unit{bytes, 0};
  }
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (bytes == 1 || bytes > text.size()) return {};
  char32_t code_point = lead & (0xffU >> (bytes + 1));
  for (const char c : text.substr(1, bytes - 1)) {
    const auto next = static_cast<unsigned char>(c);
    if ((next & 0xc0U) != 0x80U) return {};
    code_point = code_point << 6U | (next & 0x3fU);
  }
  return {bytes, columns_of(code_point)};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Unit unit = first_unit(text);
    columns += unit.columns;
    text.remove_prefix(unit.bytes);
  }
  return columns;
}

std::string cut_to_width(std::string_view text, std::size_t columns, const Style& style) {
  if (display_width(text) <= columns) return std::string(text);
  const std::string_view mark = style.unicode ? "…" : "...";
  const std::size_t mark_columns = display_width(mark);
  const std::size_t room = columns > mark_columns ? columns - mark_columns : 0;
  std::string out;
  std::size_t used = 0;
  bool marked = false;
  while (!text.empty()) {
    const Unit unit = first_unit(text);
    const bool is_sequence = unit.columns == 0 && text[0] == '\x1b';
    if (!marked && used + unit.columns > room) {
      out.append(columns >= mark_columns ? mark : mark.substr(0, columns));
      marked = true;
    }
    // Sequences behind the cut stay: what was coloured is to end coloured.
    if (!marked || is_sequence) out.append(text, 0, unit.bytes);
    used += unit.columns;
    text.remove_prefix(unit.bytes);
  }
  return out;
}

}  // namespace stayd::app
