// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config/keys.h"
#include "config/reference_prose.h"

namespace stayd::config {
namespace {

/// For a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string listed_choices(const Key& key, Support support) {
  std::string list;
  for (const Choice& choice : key.choices) {
    if (choice.support != support) continue;
    list.append(list.empty() ? "`\"" : ", `\"").append(choice.word).append("\"`");
  }
  return list;
}

std::string value_of(const Key& key) {
  if (key.choices.empty()) {
    std::string text(short_phrase(key.type));
    if (key.least == key.most) return text;
    return text + ", " + std::to_string(key.least) + " to " + std::to_string(key.most);
  }
  const std::string words = listed_choices(key, Support::now);
  return key.type == ValueType::choices ? words + ", or an array of them" : words;
}

void append_row(std::string& page, const Key& key) {
  page.append("| `").append(key.name).append("` | ").append(value_of(key)).append(" | ");
  page.append(cell(key.standard)).append(" | ").append(cell(key.meaning));
  if (!key.option.empty()) page.append(" `run`: `--").append(key.option).append("`.");
  const std::string refused = listed_choices(key, Support::later);
  if (!refused.empty()) page.append(" Not supported yet: ").append(refused).append(".");
  page.append(" |\n");
}

void append_refused_keys(std::string& page, const SectionInfo& section) {
  std::string list;
  for (const Key& key : section.keys) {
    if (key.is_supported()) continue;
    list.append(list.empty() ? "`" : ", `").append(key.name).append("`");
  }
  if (list.empty()) return;
  page.append("\nKnown, but not supported yet by this version: ").append(list).append(".\n");
}

void append_section(std::string& page, const SectionInfo& section) {
  page.append("\n### ").append(section.heading.empty() ? "The file" : section.heading);
  page.append("\n\n").append(section.about).append("\n");
  if (std::ranges::any_of(section.keys, &Key::is_supported)) {
    page.append("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const Key& key : section.keys) {
      if (key.is_supported()) append_row(page, key);
    }
  }
  append_refused_keys(page, section);
}

}  // namespace

std::string reference_page() {
  std::string page(reference_head);
  for (const SectionInfo& section : sections()) append_section(page, section);
  return page;
}

}  // namespace stayd::config
