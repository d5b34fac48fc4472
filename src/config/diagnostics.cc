// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostics.h"

#include <algorithm>

namespace stayd::config {
namespace {

/// What surrounds a word on a terminal; nothing without colours.
struct Paint {
  std::string_view error, warning, strong, off;
};
constexpr Paint no_paint{};
constexpr Paint terminal_paint{"\033[1;31m", "\033[1;33m", "\033[1m", "\033[0m"};

std::string place_of(const Diagnostic& d) {
  std::string text = d.file;
  if (d.line != 0) {
    text.append(":").append(std::to_string(d.line));
    text.append(":").append(std::to_string(d.column));
  }
  return text;
}

void append_excerpt(std::string& out, const Diagnostic& d, const Paint& paint) {
  const std::string number = std::to_string(d.line);
  const std::size_t margin = std::max<std::size_t>(number.size(), 4) + 1;
  out.append(margin - number.size(), ' ').append(number).append(" | ");
  out.append(d.source_line).append("\n");
  out.append(margin, ' ').append(" | ").append(d.caret, ' ');
  out.append(d.severity == Severity::error ? paint.error : paint.warning);
  out.append(d.width, '^').append(paint.off).append("\n");
}

void append(std::string& out, const Diagnostic& d, const Paint& paint) {
  const std::string place = place_of(d);
  if (!place.empty()) out.append(paint.strong).append(place).append(":").append(paint.off);
  if (!place.empty()) out.append(" ");
  const bool is_error = d.severity == Severity::error;
  out.append(is_error ? paint.error : paint.warning);
  out.append(is_error ? "error:" : "warning:").append(paint.off);
  out.append(" ").append(d.message).append("\n");
  if (d.line != 0) append_excerpt(out, d, paint);
  if (!d.hint.empty()) out.append(d.line != 0 ? "      = " : "  ").append(d.hint).append("\n");
}

}  // namespace

std::string render(const Diagnostics& diagnostics, Colours colours) {
  std::string text;
  for (const Diagnostic& d : diagnostics) {
    append(text, d, colours == Colours::terminal ? terminal_paint : no_paint);
  }
  return text;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics,
                             [](const Diagnostic& d) { return d.severity == Severity::error; });
}

}  // namespace stayd::config
