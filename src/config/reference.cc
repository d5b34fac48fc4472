// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config/keys.h"

namespace stayd::config {
namespace {

constexpr std::size_t name_column = 2, type_column = 26, meaning_column = 46;
constexpr std::size_t last_column = 100;

void pad_to(std::string& row, std::size_t column) {
  row.resize(std::max(row.size() + 1, column), ' ');
}

/// The first sentence of a meaning, cut where the terminal's line ends.
std::string_view first_sentence(std::string_view meaning) {
  return meaning.substr(0, meaning.find(". "));
}

std::string overview_row(const Key& key) {
  std::string row(name_column, ' ');
  row.append(key.name);
  pad_to(row, type_column);
  row.append(short_phrase(key.type));
  pad_to(row, meaning_column);
  row.append(key.is_supported() ? first_sentence(key.meaning) : "(not supported yet)");
  if (row.size() > last_column) {
    row.resize(row.rfind(' ', last_column - 3));
    row.append("...");
  }
  return row.append("\n");
}

std::string_view title(const SectionInfo& section) {
  return section.heading.empty() ? "The file" : section.heading;
}

std::string section_text(const SectionInfo& section) {
  std::string text(title(section));
  if (!section.heading.empty()) text.append("  ").append(section.about);
  text.append("\n");
  for (const Key& key : section.keys) text.append(overview_row(key));
  return text;
}

std::string words_of(const Key& key) {
  std::string text;
  for (const Choice& choice : key.choices) {
    if (choice.support == Support::later) continue;
    text.append(text.empty() ? "\"" : ", \"").append(choice.word).append("\"");
  }
  return text;
}

std::string key_text(const SectionInfo& section, const Key& key) {
  std::string text(key.name);
  text.append("  in ").append(section.heading.empty() ? "the file itself" : section.heading);
  text.append("\n  ").append(key.meaning).append("\n\n");
  if (!key.is_supported()) text.append("  Not supported yet by this version.\n");
  text.append("  Value:    ").append(phrase(key.type)).append("\n");
  if (const auto words = words_of(key); !words.empty()) {
    text.append("  Words:    ").append(words).append("\n");
  }
  if (key.least < key.most) {
    text.append("  Range:    ").append(std::to_string(key.least)).append(" to ");
    text.append(std::to_string(key.most)).append("\n");
  }
  if (!key.standard.empty()) text.append("  Default:  ").append(key.standard).append("\n");
  if (!key.option.empty()) text.append("  Option:   stayd run --").append(key.option).append("\n");
  return text;
}

}  // namespace

std::string help_overview() {
  std::string text;
  for (const SectionInfo& section : sections()) text.append(section_text(section)).append("\n");
  return text.append("stayd help config KEY tells of one key, such as restart.delay.\n");
}

std::optional<std::string> help_for(std::string_view name) {
  if (name.empty() || name.starts_with('.')) return std::nullopt;
  const auto dot = name.rfind('.');
  const auto last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  const auto before = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  std::string text;
  for (const SectionInfo& section : sections()) {
    const bool is_this = section.key == before || section.heading == before;
    if (dot != std::string_view::npos && !is_this) continue;
    if (dot == std::string_view::npos && section.key == name) {
      text.append(text.empty() ? "" : "\n").append(section_text(section));
    }
    const Key* key = find_key(section.section, last);
    // A table of its own is told of by its section.
    if (key == nullptr || key->type == ValueType::table) continue;
    text.append(text.empty() ? "" : "\n").append(key_text(section, *key));
  }
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace stayd::config
