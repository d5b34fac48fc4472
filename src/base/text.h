// SPDX-License-Identifier: Apache-2.0
// Durations, sizes, signals, modes and numbers as people write them (docs/reference: "Units").
// Parsers take the whole text or fail with what was expected; printers give text that parses back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace stayd {

/// "250ms" "5s" "1m30s" "2h" "1d"; units ns us ms s m h d, descending, each once; at most 10,000
/// days. A bare number is refused ("give a unit, for example \"5s\"").
Result<Duration> parse_duration(std::string_view text);
/// Exact: "1m30s", "250ms", "0s".
std::string format_duration(Duration value);
/// For a person, at most two units, rounded down: "3h 12m", "1.6s", "80ms", "2d 4h".
std::string format_duration_short(Duration value);

/// "64K" "10M" "1G" "2T" "512" in powers of 1024; "64k", "64kB", "64KB", "64MiB" are refused with a
/// hint.
Result<std::uint64_t> parse_size(std::string_view text);
/// "16M", "1G", "1000": exact.
std::string format_size(std::uint64_t bytes);
/// For a person, rounded down: "28M", "6.2M", "1.1G", "412".
std::string format_size_short(std::uint64_t bytes);
/// The same in a sentence: "512 bytes", "4.9M".
std::string format_bytes(std::uint64_t bytes);
/// "root", "uid 1000".
std::string format_user(std::int64_t uid);

/// "TERM", "SIGTERM", "term" or "15", "RTMIN+3", "RTMAX-1"; Linux numbers (signal(7)), 1 to 64.
Result<int> parse_signal(std::string_view text);
/// "TERM"; "RTMIN+3"; "65" for what has no name.
std::string signal_name(int number);

/// "0640": up to four octal digits.
Result<std::uint32_t> parse_mode(std::string_view text);

/// All of `text` as a decimal number in [least, most].
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most);

/// The entry of `known` nearest to `text` (edit distance at most a third of its length, at least
/// 1).
std::optional<std::string_view> nearest(std::string_view text, const std::string_view* known,
                                        std::size_t count);

/// Shell glob: * ? [a-z] [!a]; `\` escapes. All of `text` must match.
bool glob_match(std::string_view pattern, std::string_view text);

/// Bytes of unknown origin for a terminal or a message: C0, C1, DEL, ESC, controls of the writing
/// direction and invalid UTF-8 as \xNN. At most `most_bytes` of them are shown, then "...".
std::string printable(std::string_view bytes, std::size_t most_bytes = 4096);

/// Length of the UTF-8 sequence at the front (RFC 3629: no overlong forms, no surrogates); 0 if
/// there is none. `bytes` is not empty.
std::size_t utf8_length(std::string_view bytes);
/// Whether all of it is UTF-8 (RFC 3629).
bool is_utf8(std::string_view bytes);

/// "2026-11-24T06:13:07.123456789Z".
std::string format_rfc3339(WallTime at);

/// POSIX shell words (quotes, backslashes; no expansion). An open quote is an error with its
/// column.
Result<std::vector<std::string>> split_shell_words(std::string_view text);

}  // namespace stayd
