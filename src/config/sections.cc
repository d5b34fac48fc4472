// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "config/draft.h"

namespace stayd::config {
namespace {

std::string in_section(const SectionInfo& section, std::string_view owner) {
  return section.heading.empty() ? "" : " in " + heading_of(section, owner);
}

/// The section that the table of a service's key is, if it is one: restart, ready, log, ...
const SectionInfo* section_below(Section section, const Key& key) {
  const bool may_be_table = key.type == ValueType::table || key.type == ValueType::restart;
  if (section != Section::service || !may_be_table) return nullptr;
  for (const SectionInfo& one : sections()) {
    if (one.key == key.name) return &one;
  }
  return nullptr;
}

}  // namespace

void check_keys(Report& report, Section section, std::string_view owner, const Value& table) {
  for (const Entry& entry : table.entries) {
    const Key* key = find_key(section, entry.key);
    if (key == nullptr) {
      report.error(
          entry.place,
          "unknown key \"" + printable(entry.key, 80) + "\"" + in_section(info(section), owner),
          hint_for_unknown(section, owner, entry.key));
    } else if (!key->is_supported()) {
      report.error(entry.place,
                   "\"" + entry.key + "\"" + in_section(info(section), owner) +
                       " is not supported yet by this version",
                   "take it out for now");
    } else if (const SectionInfo* below = section_below(section, *key)) {
      check_keys(report, below->section, owner, entry.value);
    }
  }
}

void read_section(Reading reading, Section section, const Value& table) {
  reading.section = section;
  for (const Entry& entry : table.entries) {
    reading.key = find_key(section, entry.key);
    if (reading.key == nullptr || !reading.key->is_supported()) continue;
    reading.key->set(reading, entry.value);
  }
}

}  // namespace stayd::config
