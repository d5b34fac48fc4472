// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <algorithm>

#include "base/text.h"

namespace stayd {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

unsigned char byte_of(char letter) { return static_cast<unsigned char>(letter); }

void append_control(std::string& out, char letter) {
  switch (letter) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  out += "\\u00";
  out += hex[byte_of(letter) >> 4];
  out += hex[byte_of(letter) & 15];
}

bool is_plain(char letter) {
  return byte_of(letter) >= 0x20 && byte_of(letter) < 0x7f && letter != '"' && letter != '\\';
}

}  // namespace

void append_json(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    auto length =
        static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_plain) - bytes.begin());
    if (length == 0 && byte_of(bytes.front()) >= 0x80) length = utf8_length(bytes);
    out += bytes.substr(0, length);
    if (length == 0) {
      length = 1;
      if (byte_of(bytes.front()) >= 0x80)
        out += replacement;
      else
        append_control(out, bytes.front());
    }
    bytes.remove_prefix(length);
  }
}

}  // namespace stayd
