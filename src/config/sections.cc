// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "config/draft.h"

namespace stayd::config {
namespace {

std::string in_section(const SectionInfo& section) {
  return section.heading.empty() ? "" : " in " + std::string(section.heading);
}

}  // namespace

void read_section(Reading reading, Section section, const Value& table) {
  reading.section = section;
  for (const Entry& entry : table.entries) {
    reading.key = find_key(section, entry.key);
    if (reading.key == nullptr) {
      reading.report.error(
          entry.place,
          "unknown key \"" + printable(entry.key, 80) + "\"" + in_section(info(section)),
          hint_for_unknown(section, entry.key));
    } else if (!reading.key->is_supported()) {
      reading.report.error(entry.place,
                           "\"" + entry.key + "\"" + in_section(info(section)) +
                               " is not supported yet by this version",
                           "take it out for now");
    } else {
      reading.key->set(reading, entry.value);
    }
  }
}

}  // namespace stayd::config
