// SPDX-License-Identifier: Apache-2.0
#include "config/toml_tree.h"

#include "config/stray.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_UNDEF_MACROS 1
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace stayd::config {
namespace {

/// Deeper is refused: toml++ follows dotted keys by recursion without a limit (its own limit of 256
/// is for arrays and inline tables).
constexpr std::uint32_t most_dots = 128;

struct TooDeep {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// The end of a quoted key that begins at `at`: the closing quote, or the line's last byte.
std::size_t skip_quoted(std::string_view line, std::size_t at) {
  const char quote = line[at];
  for (++at; at < line.size() && line[at] != quote; ++at) {
    if (quote == '"' && line[at] == '\\') ++at;
  }
  return std::min(at, line.size() - 1);
}

/// The column where a chain of a.b.c gets too long; 0: nowhere.
std::uint32_t find_long_chain(std::string_view line) {
  std::uint32_t dots = 0;
  bool after_word = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == ' ' || c == '\t') continue;
    if (c == '.') {
      dots = after_word ? dots + 1 : 0;
      after_word = false;
      if (dots > most_dots) return static_cast<std::uint32_t>(at) + 1;
      continue;
    }
    if (std::string_view("=,[]{}#").find(c) != std::string_view::npos) dots = 0;
    if (c == '"' || c == '\'') at = skip_quoted(line, at);
    after_word = true;
  }
  return 0;
}

std::optional<TooDeep> find_too_deep(std::string_view text) {
  for (TooDeep at; !text.empty(); ++at.line) {
    const auto line = text.substr(0, text.find('\n'));
    at.column = find_long_chain(line);
    if (at.column != 0) return at;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

/// The place behind all that is UTF-8: of an odd byte (toml++ names the character before it).
Place place_behind(std::string_view text, std::uint32_t source) {
  Place place{source, 1, 1, 1};
  while (const auto length = text.empty() ? 0 : utf8_length(text)) {
    const bool ends_line = text[0] == '\n';
    place.line += ends_line ? 1 : 0;
    place.column = ends_line ? 1 : place.column + 1;
    text.remove_prefix(length);
  }
  return place;
}

class Converter {
 public:
  explicit Converter(std::uint32_t source) : source_(source) {}

  Value convert(const toml::node& node) {
    Value value;
    value.place = place_of(node.source());
    if (const auto* table = node.as_table()) {
      take_table(value, *table);
    } else if (const auto* array = node.as_array()) {
      value.kind = ValueKind::array;
      for (const toml::node& item : *array) value.items.push_back(convert(item));
    } else if (const auto* text = node.as_string()) {
      value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
      value.kind = ValueKind::integer;
      value.integer = integer->get();
    } else if (const auto* real = node.as_floating_point()) {
      value.kind = ValueKind::real;
      value.real = real->get();
    } else if (const auto* boolean = node.as_boolean()) {
      value.kind = ValueKind::boolean;
      value.boolean = boolean->get();
    } else {
      value.kind = ValueKind::date;
    }
    return value;
  }

 private:
  /// toml++ sorts by name; a person reads by line.
  void take_table(Value& value, const toml::table& table) {
    value.kind = ValueKind::table;
    for (const auto& [key, node] : table) {
      value.entries.push_back({std::string(key.str()), place_of(key.source()), convert(node)});
    }
    std::ranges::stable_sort(
        value.entries, {}, [](const Entry& e) { return std::tuple(e.place.line, e.place.column); });
  }

  [[nodiscard]] Place place_of(const toml::source_region& region) const {
    Place place{source_, region.begin.line, region.begin.column, 1};
    const bool one_line = region.end.line == region.begin.line;
    if (one_line && region.end.column > region.begin.column) {
      place.width = region.end.column - region.begin.column;
    }
    return place;
  }

  std::uint32_t source_;
};

/// "Error while parsing key: expected x" -> "expected x", and the first part as the hint.
void report_syntax_error(const toml::parse_error& error, std::uint32_t source, Report& report) {
  std::string_view what = error.description();
  std::string hint;
  constexpr std::string_view prefix = "Error while parsing ";
  const auto colon = what.find(": ");
  if (what.starts_with(prefix) && colon != std::string_view::npos) {
    hint = "while reading " + printable(what.substr(prefix.size(), colon - prefix.size()), 200);
    what.remove_prefix(colon + 2);
  }
  const auto& begin = error.source().begin;
  report.error(Problem::syntax, {source, std::max(begin.line, 1U), std::max(begin.column, 1U), 1},
               printable(what, 400), hint);
}

}  // namespace

std::optional<Value> parse_toml(const Sources& sources, std::uint32_t number, Report& report) {
  const std::string& text = sources.at(number).text;
  if (!is_utf8(text)) {
    report.error(Problem::syntax, place_behind(text, number), "a byte that is no UTF-8",
                 "save the file as UTF-8");
    return std::nullopt;
  }
  if (const auto stray = stray_character(text)) {
    report.error(Problem::syntax, place_behind(std::string_view(text).substr(0, *stray), number),
                 "a character that stands neither in a string nor in a comment",
                 "take it out, or quote the string");
    return std::nullopt;
  }
  if (const auto at = find_too_deep(text)) {
    report.error(Problem::syntax, {number, at->line, at->column, 1},
                 "a key of more than " + std::to_string(most_dots) + " parts");
    return std::nullopt;
  }
  const toml::parse_result result = toml::parse(std::string_view(text));
  if (!result) {
    report_syntax_error(result.error(), number, report);
    return std::nullopt;
  }
  return Converter(number).convert(result.table());
}

}  // namespace stayd::config
