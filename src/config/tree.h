// SPDX-License-Identifier: Apache-2.0
// A configuration as it was written: values with the place where each stands. What TOML, a Procfile
// and the options of `stayd run` are turned into before they mean anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stayd::config {

/// Where something stands. `source` is its number in Sources.
struct Place {
  std::uint32_t source = 0;
  std::uint32_t line = 0;    ///< from 1; 0: the file as a whole
  std::uint32_t column = 0;  ///< in characters, from 1
  std::uint32_t width = 1;   ///< characters
};

enum class ValueKind : std::uint8_t { text, integer, real, boolean, date, array, table };

struct Entry;

struct Value {
  ValueKind kind = ValueKind::text;
  Place place;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<Value> items;    ///< of an array
  std::vector<Entry> entries;  ///< of a table, in the order of the file

  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  [[nodiscard]] bool is(ValueKind one) const { return kind == one; }
};

struct Entry {
  std::string key;
  Place place;  ///< of the key
  Value value;
};

/// "a string", "an integer", ... for messages.
std::string_view phrase(ValueKind kind);

Value text_value(std::string_view text, Place place);
Value table_value(Place place);

}  // namespace stayd::config
