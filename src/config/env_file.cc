// SPDX-License-Identifier: Apache-2.0
#include "config/env_file.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

char unescape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    default: return c;
  }
}

/// What stands between quotes; none when the closing one is missing, or more than a comment
/// follows.
std::optional<std::string> quoted_value(std::string_view text) {
  const char quote = text[0];
  std::string value;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == quote) {
      const auto rest = trimmed(text.substr(at + 1));
      if (!rest.empty() && !rest.starts_with('#')) return std::nullopt;
      return value;
    }
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size()) {
      value.push_back(unescape(text[++at]));
    } else {
      value.push_back(text[at]);
    }
  }
  return std::nullopt;
}

std::optional<std::string> value_of(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('"') || text.starts_with('\'')) return quoted_value(text);
  // Only a # after a blank begins a comment: it is part of many passwords and addresses.
  const auto comment = std::min(text.find(" #"), text.find("\t#"));
  return std::string(trimmed(text.substr(0, comment)));
}

}  // namespace

Assignments parse_env_file(const Sources& sources, std::uint32_t source, Report& report) {
  Assignments all;
  std::string_view rest = sources.at(source).text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const Place place{source, number, 1, static_cast<std::uint32_t>(line.size())};
    line = trimmed(line);
    if (line.empty() || line.starts_with('#')) continue;
    constexpr std::string_view exported = "export ";
    if (line.starts_with(exported)) line = trimmed(line.substr(exported.size()));
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_variable_name(name)) {
      report.error(place, "this line is no NAME=VALUE", "a comment begins with #");
    } else if (line.find('\0') != std::string_view::npos) {
      report.error(place, "a NUL byte cannot be in the environment");
    } else if (auto value = value_of(line.substr(equals + 1))) {
      all.emplace_back(name, std::move(*value));
    } else {
      report.error(place, "the value of " + std::string(name) + " has no closing quote",
                   "nothing but a comment may follow it");
    }
    if (report.is_full()) break;
  }
  return all;
}

}  // namespace stayd::config
