// SPDX-License-Identifier: Apache-2.0
#include "journal/line_text.h"

#include <algorithm>

#include "base/calendar.h"
#include "base/json_text.h"
#include "base/text.h"
#include "journal/segment_names.h"

namespace stayd::journal {

namespace {

constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view message_key = "\"message\":\"";

unsigned char byte_of(char letter) { return static_cast<unsigned char>(letter); }

void append_hex(std::string& out, std::uint64_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex[value >> shift & 15];
}

/// How many bytes a UTF-8 character has that begins so; 0: none begins so.
std::size_t wanted_length(unsigned char first) {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : (first < 0xf0 ? 3 : 4);
}

/// Whether `bytes` may be the beginning of a UTF-8 character whose rest has not come yet: with
/// some rest it is one.
bool is_beginning(std::string_view bytes) {
  const std::size_t wanted = wanted_length(byte_of(bytes.front()));
  if (bytes.size() >= wanted) return false;
  for (const std::string_view rest : {"\x80\x80\x80", "\xa0\x80\x80", "\x9f\x80\x80"}) {
    std::string whole(bytes);
    whole += rest.substr(0, wanted - bytes.size());
    if (utf8_length(whole) == wanted) return true;
  }
  return false;
}

}  // namespace

TextForm form_of(const StreamSettings& settings) {
  if (settings.format == model::LogFormat::json) return TextForm::json;
  switch (settings.timestamps) {
    case model::Timestamps::index: return TextForm::raw;
    case model::Timestamps::iso: return TextForm::iso;
    case model::Timestamps::tai64n: return TextForm::tai64n;
  }
  return TextForm::raw;
}

void append_tai64n(std::string& out, WallTime at) {
  constexpr std::uint64_t epoch = (std::uint64_t{1} << 62) + 10;
  const SplitTime time = split(at);
  out += '@';
  append_hex(out, epoch + static_cast<std::uint64_t>(time.second), 16);
  append_hex(out, static_cast<std::uint64_t>(time.ns), 8);
}

void append_object_head(std::string& out, const LineSource& source, WallTime at) {
  out += "{\"time\":\"";
  out += format_rfc3339(at);
  out += "\",\"instance\":\"";
  append_json(out, source.instance);
  out += "\",\"run\":";
  out += std::to_string(number_of(source.run));
  out += ",\"stream\":\"";
  out += word(log_kind_of(source.kind));
  out += "\",";
  out += message_key;
}

std::size_t sound_object_part(std::string_view tail) {
  const std::size_t head = tail.find(message_key);
  if (head == std::string_view::npos) return 0;
  std::size_t at = head + message_key.size();
  while (at < tail.size() && tail[at] != '"') {
    std::size_t length = 1;
    if (tail[at] == '\\') {
      length = tail.substr(at, 2) == "\\u" ? 6 : 2;
    } else if (byte_of(tail[at]) >= 0x80) {
      length = std::max<std::size_t>(wanted_length(byte_of(tail[at])), 1);
    }
    if (at + length > tail.size()) break;
    at += length;
  }
  return at;
}

std::size_t LineText::append(std::string_view bytes, WallTime at, const PieceLimits& limits) {
  if (line_.stream != 0 && line_.stream != source_.stream) interrupt();
  std::size_t taken = 0;
  while (taken < bytes.size() && out_.size() < limits.most) {
    begin_line(at);
    const std::string_view rest = bytes.substr(taken);
    taken += form_ == TextForm::json ? append_message(rest)
                                     : append_plain(rest, limits.most - out_.size());
    if (limits.one_line && line_.stream == 0) break;
  }
  return taken;
}

void LineText::begin_line(WallTime at) {
  if (line_.stream != 0) return;
  line_.stream = source_.stream;
  line_.message_bytes = 0;
  switch (form_) {
    case TextForm::raw: return;
    case TextForm::iso: out_ += format_rfc3339(at); break;
    case TextForm::tai64n: append_tai64n(out_, at); break;
    case TextForm::json: return append_object_head(out_, source_, at);
  }
  out_ += ' ';
}

// As much as there is of one line, its end included.
std::size_t LineText::append_plain(std::string_view bytes, std::size_t room) {
  const std::size_t line_end = bytes.find('\n');
  const bool ends = line_end != std::string_view::npos;
  const std::size_t length =
      std::min(ends ? line_end + 1 : bytes.size(), std::max<std::size_t>(room, 1));
  out_ += bytes.substr(0, length);
  if (ends && length == line_end + 1) line_.stream = 0;
  return length;
}

std::size_t LineText::append_message(std::string_view bytes) {
  if (line_.carried > 0) return fill_carry(bytes);
  if (bytes.front() == '\n') {
    close_object(object_end);
    return 1;
  }
  std::string_view part = bytes.substr(0, bytes.find('\n'));
  const bool at_end = part.size() == bytes.size();
  part = part.substr(0, most_message_piece - line_.message_bytes);
  std::size_t whole = part.size();
  // A character that this piece ends within goes into the next one.
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, part.size()); ++back) {
    if (is_beginning(part.substr(part.size() - back))) whole = part.size() - back;
  }
  append_json(out_, part.substr(0, whole));
  line_.message_bytes += static_cast<std::uint32_t>(whole);
  const bool is_full = line_.message_bytes + 3 >= most_message_piece;
  if (is_full) {
    close_object(partial_object_end);
  } else if (at_end && whole < part.size()) {
    std::ranges::copy(part.substr(whole), line_.carry.begin());
    line_.carried = static_cast<std::uint8_t>(part.size() - whole);
    whole = part.size();
  } else if (whole < part.size()) {  // the line ends within the character
    append_json(out_, part.substr(whole));
    whole = part.size();
  }
  return whole;
}

// The next byte either goes on with the character, or shows that it was none.
std::size_t LineText::fill_carry(std::string_view bytes) {
  std::string begun(line_.carry.data(), line_.carried);
  begun += bytes.front();
  if (utf8_length(begun) == begun.size()) {
    line_.carried = 0;
    out_ += begun;
    line_.message_bytes += static_cast<std::uint32_t>(begun.size());
    return 1;
  }
  if (begun.size() <= line_.carry.size() && is_beginning(begun)) {
    line_.carry[line_.carried++] = bytes.front();
    return 1;
  }
  flush_carry();
  return append_message(bytes);
}

void LineText::flush_carry() {
  append_json(out_, {line_.carry.data(), line_.carried});
  line_.message_bytes += line_.carried;
  line_.carried = 0;
}

void LineText::close_object(std::string_view end) {
  flush_carry();
  out_ += end;
  line_.stream = 0;
  line_.message_bytes = 0;
}

void LineText::interrupt() {
  if (line_.stream == 0) return;
  if (form_ == TextForm::json) return close_object(partial_object_end);
  out_ += '\n';
  line_.stream = 0;
}

void LineText::end() {
  if (line_.stream == 0) return;
  if (form_ == TextForm::json) return close_object(object_end);
  out_ += '\n';
  line_.stream = 0;
}

}  // namespace stayd::journal
