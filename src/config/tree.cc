// SPDX-License-Identifier: Apache-2.0
#include "config/tree.h"

#include <algorithm>

namespace stayd::config {

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Value* Value::find(std::string_view key) {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

std::string_view phrase(ValueKind kind) {
  switch (kind) {
    case ValueKind::text: return "a string";
    case ValueKind::integer: return "an integer";
    case ValueKind::real: return "a number with a fraction";
    case ValueKind::boolean: return "a boolean";
    case ValueKind::date: return "a date or time";
    case ValueKind::array: return "an array";
    case ValueKind::table: return "a table";
  }
  return "?";
}

Value text_value(std::string_view text, Place place) {
  Value value;
  value.place = place;
  value.text = text;
  return value;
}

Value table_value(Place place) {
  Value value;
  value.kind = ValueKind::table;
  value.place = place;
  return value;
}

}  // namespace stayd::config
