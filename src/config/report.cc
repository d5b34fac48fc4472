// SPDX-License-Identifier: Apache-2.0
#include "config/report.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::size_t excerpt_before = 60;  // of a long line, before the caret
constexpr std::size_t excerpt_size = 120;

bool is_within_character(std::string_view line, std::size_t at) {
  return at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80;
}

/// Byte offset of character number `column` (from 1); at most the line's end.
std::size_t offset_of(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t c = 1; c < column && at < line.size(); ++c) {
    ++at;
    while (is_within_character(line, at)) ++at;
  }
  return at;
}

std::uint32_t characters(std::string_view text) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string shown(std::string_view bytes) {
  std::string text(bytes);
  std::ranges::replace(text, '\t', ' ');
  return printable(text);
}

/// Fills source_line and caret: the line with tabs as blanks, cut around the column. Cut by bytes
/// first, since a line may be of megabytes, then by what they look like: \x00 is four characters.
void quote_line(Diagnostic& d, std::string_view line) {
  const auto at = offset_of(line, d.column);
  auto from = at > excerpt_before ? at - excerpt_before : 0;
  while (from > 0 && is_within_character(line, from)) --from;
  std::string before = shown(line.substr(from, at - from));
  while (from < at && characters(before) > excerpt_before) {
    do ++from;
    while (from < at && is_within_character(line, from));
    before = shown(line.substr(from, at - from));
  }
  auto until = std::min(line.size(), from + excerpt_size);
  while (is_within_character(line, until)) ++until;
  std::string after = shown(line.substr(at, until - at));
  while (until > at && characters(before) + characters(after) > excerpt_size) {
    do --until;
    while (until > at && is_within_character(line, until));
    after = shown(line.substr(at, until - at));
  }
  if (from > 0) before.insert(0, "...");
  if (until < line.size()) after.append("...");
  d.caret = characters(before);
  d.source_line = before + after;
  const auto room = characters(after);
  d.width = std::clamp<std::uint32_t>(d.width, 1, std::max<std::uint32_t>(room, 1));
}

}  // namespace

std::uint32_t Sources::add(Source source) {
  sources_.push_back(std::move(source));
  return count() - 1;
}

Place Sources::add_argument(std::string name, std::string text, std::string folder) {
  const auto width = static_cast<std::uint32_t>(std::max<std::size_t>(text.size(), 1));
  return {add({std::move(name), {}, std::move(folder), std::move(text)}), 1, 1, width};
}

std::string_view Sources::line(std::uint32_t source, std::uint32_t number) const {
  std::string_view rest = at(source).text;
  for (std::uint32_t i = 1; i < number; ++i) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  auto line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string Report::name_of(Place place) const {
  if (place.source >= sources_->count()) return {};
  std::string name = sources_->at(place.source).name;
  if (place.line != 0) name.append(":").append(std::to_string(place.line));
  return name;
}

void Report::add(Severity severity, Problem problem, Place place, Words words) {
  const bool is_known = std::ranges::any_of(list_, [&](const Reported& r) {
    return r.place.source == place.source && r.place.line == place.line &&
           r.place.column == place.column && r.diagnostic.message == words.message;
  });
  if (is_known) return;
  if (severity == Severity::error) ++errors_;
  if (is_full()) return;
  Diagnostic d{.severity = severity,
               .problem = problem,
               .file = {},
               .line = place.line,
               .column = place.column,
               .width = place.width,
               .source_line = {},
               .message = std::move(words.message),
               .hint = std::move(words.hint)};
  if (place.source < sources_->count()) {
    d.file = sources_->at(place.source).name;
    if (place.line != 0) quote_line(d, sources_->line(place.source, place.line));
  }
  list_.push_back({place, std::move(d)});
}

bool Report::has_syntax_errors() const {
  return std::ranges::any_of(
      list_, [](const Reported& r) { return r.diagnostic.problem == Problem::syntax; });
}

void Report::keep_syntax_errors_only() {
  std::erase_if(list_, [](const Reported& r) { return r.diagnostic.problem != Problem::syntax; });
  errors_ = list_.size();
}

Diagnostics Report::take() {
  std::ranges::stable_sort(list_, {}, [](const Reported& r) {
    return std::tuple(r.place.source, r.place.line, r.place.column);
  });
  Diagnostics all;
  for (Reported& r : list_) all.push_back(std::move(r.diagnostic));
  if (list_.size() >= most_diagnostics) {
    Diagnostic more;
    more.message = "there are more; these are the first " + std::to_string(most_diagnostics);
    all.push_back(std::move(more));
  }
  list_.clear();
  return all;
}

}  // namespace stayd::config
