// SPDX-License-Identifier: Apache-2.0
#include "journal/shown_text.h"

#include <array>
#include <cstddef>

namespace stayd::journal {

namespace {

constexpr std::string_view hex = "0123456789abcdef";
constexpr char escape = '\x1b';

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

void append_escaped(std::string& out, unsigned char byte) {
  if (byte == '\r') {
    out += "\\r";
    return;
  }
  out += "\\x";
  out += hex[byte >> 4];
  out += hex[byte & 15];
}

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xc0) == 0x80;
}

/// Bytes of the UTF-8 character (RFC 3629) at the beginning of `text`; 0: none, or a C1 control.
std::size_t character_length(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  if (first < 0xc2 || first > 0xf4 || !continues(text, 1)) return 0;
  const unsigned char second = byte_at(text, 1);
  if (first < 0xe0) return first == 0xc2 && second < 0xa0 ? 0 : 2;
  if (!continues(text, 2)) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (!continues(text, 3)) return 0;
  const bool overlong = first == 0xf0 && second < 0x90;
  const bool too_large = first == 0xf4 && second >= 0x90;
  return overlong || too_large ? 0 : 4;
}

/// Bytes of the SGR or EL sequence (ending with `m` or `K`) at the beginning of `text`; 0: none.
std::size_t sequence_length(std::string_view text) {
  if (text.size() < 3 || text[0] != escape || text[1] != '[') return 0;
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  const bool is_one = end != std::string_view::npos && (text[end] == 'm' || text[end] == 'K');
  return is_one ? end + 1 : 0;
}

std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const unsigned char byte = byte_at(text, length);
    if (byte != '\t' && (byte < 0x20 || byte >= 0x7f)) break;
    ++length;
  }
  return length;
}

}  // namespace

void append_shown(std::string& out, std::string_view line, Colours colours) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  bool coloured = false;
  while (!line.empty()) {
    std::size_t length = plain_length(line);
    if (length == 0 && byte_at(line, 0) >= 0x80) length = character_length(line);
    if (length > 0) {
      out.append(line.substr(0, length));
    } else if (length = sequence_length(line); length > 0) {
      const bool is_kept = colours == Colours::kept && line[length - 1] == 'm';
      if (is_kept) out.append(line.substr(0, length));
      coloured |= is_kept;
    } else {
      append_escaped(out, byte_at(line, 0));
      length = 1;
    }
    line.remove_prefix(length);
  }
  if (coloured) out += "\x1b[0m";
}

int colour_of_name(std::string_view name) {
  constexpr std::array<int, 10> colours{36, 33, 32, 35, 34, 96, 93, 92, 95, 94};
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return colours[hash % colours.size()];
}

}  // namespace stayd::journal
