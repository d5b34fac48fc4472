// SPDX-License-Identifier: Apache-2.0
// The names of an instance's log files (docs/formats/logfile.md):
//   stdout.log stdout.idx            the current segment and its index
//   stdout.000017.log stdout.000017.idx   a closed one, by number; .log.zst once compressed, and
//   stdout.000017.log.tmp                 while that is being written
// and the same with stderr. A merged stream is a stdout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/protocol.h"

namespace stayd::journal {

/// Which pair of files.
enum class LogKind : std::uint8_t { out, err };

LogKind log_kind_of(StreamKind kind);
/// "stdout", "stderr".
const char* word(LogKind kind);

std::string current_text_name(LogKind kind);
std::string current_index_name(LogKind kind);
std::string closed_text_name(LogKind kind, std::uint64_t segment);
std::string compressed_text_name(LogKind kind, std::uint64_t segment);
std::string unfinished_text_name(LogKind kind, std::uint64_t segment);
std::string closed_index_name(LogKind kind, std::uint64_t segment);

enum class SegmentFile : std::uint8_t { text, compressed_text, unfinished_text, index };

struct ParsedName {
  LogKind kind = LogKind::out;
  SegmentFile file = SegmentFile::text;
  std::optional<std::uint64_t> segment;  ///< none: the current one
};
/// None: a file that is not ours.
std::optional<ParsedName> parse_name(std::string_view name);

/// Whether `name` can be an instance's folder: not empty, at most 255 bytes, no '/', no NUL, and
/// neither "." nor "..".
bool is_instance_name(std::string_view name);

}  // namespace stayd::journal
