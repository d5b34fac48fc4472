// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_names.h"

#include <charconv>
#include <string>

namespace stayd::journal {

namespace {

constexpr std::size_t least_digits = 6;
constexpr std::size_t most_digits = 18;

std::string closed_name(LogKind kind, std::uint64_t segment, std::string_view suffix) {
  std::string digits = std::to_string(segment);
  if (digits.size() < least_digits) digits.insert(0, least_digits - digits.size(), '0');
  std::string name = word(kind);
  name += '.';
  name += digits;
  name += suffix;
  return name;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || digits < least_digits || digits > most_digits) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

std::optional<SegmentFile> file_of(std::string_view suffix) {
  if (suffix == ".log") return SegmentFile::text;
  if (suffix == ".log.zst") return SegmentFile::compressed_text;
  if (suffix == ".log.tmp") return SegmentFile::unfinished_text;
  if (suffix == ".idx") return SegmentFile::index;
  return std::nullopt;
}

}  // namespace

LogKind log_kind_of(StreamKind kind) {
  switch (kind) {
    case StreamKind::stdout_only:
    case StreamKind::merged: return LogKind::out;
    case StreamKind::stderr_only: return LogKind::err;
  }
  return LogKind::out;
}

const char* word(LogKind kind) {
  switch (kind) {
    case LogKind::out: return "stdout";
    case LogKind::err: return "stderr";
  }
  return "?";
}

std::string current_text_name(LogKind kind) { return std::string(word(kind)) + ".log"; }
std::string current_index_name(LogKind kind) { return std::string(word(kind)) + ".idx"; }

std::string closed_text_name(LogKind kind, std::uint64_t segment) {
  return closed_name(kind, segment, ".log");
}
std::string compressed_text_name(LogKind kind, std::uint64_t segment) {
  return closed_name(kind, segment, ".log.zst");
}
std::string unfinished_text_name(LogKind kind, std::uint64_t segment) {
  return closed_name(kind, segment, ".log.tmp");
}
std::string closed_index_name(LogKind kind, std::uint64_t segment) {
  return closed_name(kind, segment, ".idx");
}

std::optional<ParsedName> parse_name(std::string_view name) {
  ParsedName parsed;
  if (take_prefix(name, "stderr")) {
    parsed.kind = LogKind::err;
  } else if (!take_prefix(name, "stdout")) {
    return std::nullopt;
  }
  if (name.size() > 1 && name[0] == '.' && name[1] >= '0' && name[1] <= '9') {
    name.remove_prefix(1);
    parsed.segment = take_number(name);
    if (!parsed.segment) return std::nullopt;
  }
  const auto file = file_of(name);
  if (!file) return std::nullopt;
  const bool is_any = *file == SegmentFile::text || *file == SegmentFile::index;
  if (!parsed.segment && !is_any) return std::nullopt;  // only a closed one is ever compressed
  parsed.file = *file;
  return parsed;
}

bool is_instance_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
  return name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace stayd::journal
