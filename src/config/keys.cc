// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "config/key_table.h"

namespace stayd::config {

std::string_view phrase(ValueType type) {
  switch (type) {
    case ValueType::text: return "a string";
    case ValueType::path: return "a path as a string";
    case ValueType::boolean: return "true or false";
    case ValueType::integer: return "a whole number";
    case ValueType::real: return "a number such as 1.5, at least 1";
    case ValueType::duration: return "a duration such as \"250ms\", \"5s\" or \"1m30s\"";
    case ValueType::size: return "a size such as \"64K\", \"10M\" or \"1G\"";
    case ValueType::percentage: return "a percentage such as \"10%\"";
    case ValueType::signal: return "a signal such as \"TERM\" or 15";
    case ValueType::mode: return "an octal mode such as \"0640\"";
    case ValueType::choice: return "one of its words as a string";
    case ValueType::choices: return "one of its words, or an array of them";
    case ValueType::command: return "an array of strings, or a string of shell words";
    case ValueType::texts: return "an array of strings";
    case ValueType::codes: return "an array of exit codes such as [0, 3]";
    case ValueType::account: return "a name or a number";
    case ValueType::accounts: return "an array of names or numbers";
    case ValueType::dependencies: return "an array of services such as [\"db\", \"migrate:done\"]";
    case ValueType::resource:
      return "a number, a size, \"unlimited\", or two such as \"1024:4096\"";
    case ValueType::text_table: return "a table of strings such as { NAME = \"value\" }";
    case ValueType::yes_or_names: return "true, false, or an array of names";
    case ValueType::restart: return "\"always\", \"on-failure\", \"never\", or a table";
    case ValueType::table: return "a table";
  }
  return "?";
}

std::string_view short_phrase(ValueType type) {
  switch (type) {
    case ValueType::text: return "string";
    case ValueType::path: return "path";
    case ValueType::boolean: return "boolean";
    case ValueType::integer: return "integer";
    case ValueType::real: return "number";
    case ValueType::duration: return "duration";
    case ValueType::size: return "size";
    case ValueType::percentage: return "percentage";
    case ValueType::signal: return "signal";
    case ValueType::mode: return "mode";
    case ValueType::choice: return "choice";
    case ValueType::choices: return "choice or array";
    case ValueType::command: return "array or string";
    case ValueType::texts: return "array of strings";
    case ValueType::codes: return "array of exit codes";
    case ValueType::account: return "name or number";
    case ValueType::accounts: return "array of names";
    case ValueType::dependencies: return "array of services";
    case ValueType::resource: return "limit";
    case ValueType::text_table: return "table of strings";
    case ValueType::yes_or_names: return "boolean or array";
    case ValueType::restart: return "string or table";
    case ValueType::table: return "table";
  }
  return "?";
}

std::span<const SectionInfo> sections() { return section_table; }

const SectionInfo& info(Section section) {
  const auto found = std::ranges::find(section_table, section, &SectionInfo::section);
  ENSURE(found != std::end(section_table));
  return *found;
}

const Key* find_key(Section section, std::string_view name) {
  const auto keys = info(section).keys;
  const auto found = std::ranges::find(keys, name, &Key::name);
  return found == keys.end() ? nullptr : &*found;
}

std::string heading_of(const SectionInfo& section, std::string_view owner) {
  constexpr std::string_view any_service = "service.NAME";
  std::string heading(section.heading);
  const auto at = heading.find(any_service);
  if (owner.empty() || at == std::string::npos) return heading;
  return heading.replace(at, any_service.size(), owner);
}

std::string hint_for_unknown(Section section, std::string_view owner, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Key& key : info(section).keys) known.push_back(key.name);
  if (const auto near = nearest(name, known.data(), known.size())) {
    return "did you mean \"" + std::string(*near) + "\"?";
  }
  for (const SectionInfo& other : section_table) {
    if (find_key(other.section, name) != nullptr) {
      return "it belongs into " + heading_of(other, owner);
    }
  }
  return "see stayd help config";
}

}  // namespace stayd::config
