// SPDX-License-Identifier: Apache-2.0
// Where the command line's words go: results to standard output, messages to standard error, each
// call one write. No iostream: a verb is over in milliseconds, and its start-up cost would show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stayd::app {

/// Writes all of `text` to standard output. False: the reader has gone (EPIPE), which is no error
/// of ours, or it cannot be written, which ending_with() tells at the end: who writes without end
/// stops.
bool print(std::string_view text);
/// The exit code of a verb: `code`, or 1 instead of 0 where not all could be written.
int ending_with(int code);
/// Writes "stayd: " + `message` + "\n" to standard error, unless it begins with "stayd" itself.
void complain(std::string_view message);

/// Writes `text` to standard error as it is.
void print_error(std::string_view text);

enum class Stream : std::uint8_t { output, error };

/// What standard output (or error) can show.
struct Style {
  bool colours = false;     ///< a terminal, TERM is not "dumb", NO_COLOR is unset or empty
  bool unicode = false;     ///< the locale's character set is UTF-8
  std::uint32_t width = 0;  ///< columns of the terminal; 0: not a terminal, lines are not cut
};
/// From the environment (NO_COLOR, TERM, COLUMNS, LC_ALL, LC_CTYPE, LANG) and the descriptor.
Style style_of(Stream stream);
/// The same from given values: `locale` is the first non-empty of LC_ALL, LC_CTYPE, LANG.
bool is_utf8_locale(std::string_view locale);

/// Terminal columns that UTF-8 text takes, escape sequences (CSI ... m) left out. Combining marks
/// take none, East Asian wide characters and emoji two (Unicode 15, by ranges).
std::size_t display_width(std::string_view text);
/// The longest beginning of `text` that fits into `columns`, ending with "…" (or "..." where
/// `style` has no Unicode) when something was cut. Escape sequences are kept whole.
std::string cut_to_width(std::string_view text, std::size_t columns, const Style& style);

}  // namespace stayd::app
