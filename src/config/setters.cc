// SPDX-License-Identifier: Apache-2.0
#include "config/setters.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace stayd::config {
namespace {

/// The value of a parser from base/text.h, or a report of its error.
template <typename T>
std::optional<T> parsed(Reading& reading, const Value& value, Result<T> result) {
  if (result) return std::move(*result);
  // It has the value, and what is expected.
  reading.report.error(value.place,
                       "\"" + std::string(reading.key->name) + "\": " + result.error().message);
  return std::nullopt;
}

bool is_text(Reading& reading, const Value& value) {
  if (!value.is(ValueKind::text)) {
    wrong_type(reading, value);
    return false;
  }
  if (value.text.find('\0') == std::string::npos) return true;
  wrong_value(reading, value, "it must not contain a NUL byte");
  return false;
}

Text text_of(const Value& value) { return {value.text, value.place, true}; }

}  // namespace

void wrong_type(Reading& reading, const Value& value) {
  std::string hint = "expected " + std::string(phrase(reading.key->type));
  const bool is_count = value.is(ValueKind::integer) && value.integer >= 0;
  if (reading.key->type == ValueType::duration && is_count) {
    hint = "a duration has a unit: \"" + std::to_string(value.integer) + "s\"?";
  }
  reading.report.error(
      value.place,
      "\"" + std::string(reading.key->name) + "\" cannot be " + std::string(phrase(value.kind)),
      std::move(hint));
}

void wrong_value(Reading& reading, const Value& value, std::string_view why) {
  std::string message = "\"" + std::string(reading.key->name) + "\"";
  if (value.is(ValueKind::text)) message.append(": \"").append(printable(value.text, 80)) += '"';
  reading.report.error(value.place, message.append(" is not valid: ").append(why),
                       "expected " + std::string(phrase(reading.key->type)));
}

void read_boolean(Reading& reading, const Value& value, bool& out) {
  if (!value.is(ValueKind::boolean)) return wrong_type(reading, value);
  out = value.boolean;
}

void read_duration(Reading& reading, const Value& value, Duration& out) {
  if (!is_text(reading, value)) return;
  if (const auto span = parsed(reading, value, parse_duration(value.text))) out = *span;
}

void read_interval(Reading& reading, const Value& value, Duration& out) {
  Duration span = out;
  read_duration(reading, value, span);
  if (span.ns <= 0) return wrong_value(reading, value, "it must be longer than nothing");
  out = span;
}

void read_string(Reading& reading, const Value& value, std::string& out) {
  if (is_text(reading, value)) out = value.text;
}

void read_codes(Reading& reading, const Value& value, std::vector<std::uint8_t>& out) {
  if (!value.is(ValueKind::array)) return wrong_type(reading, value);
  std::vector<std::uint8_t> codes;
  for (const Value& item : value.items) {
    if (!item.is(ValueKind::integer)) return wrong_type(reading, item);
    if (item.integer < 0 || item.integer > 255) {
      return wrong_value(reading, item, "exit codes are 0 to 255");
    }
    codes.push_back(static_cast<std::uint8_t>(item.integer));
  }
  out = std::move(codes);
}

void read_size(Reading& reading, const Value& value, std::uint64_t& out) {
  if (!is_text(reading, value)) return;
  if (const auto bytes = parsed(reading, value, parse_size(value.text))) out = *bytes;
}

void read_factor(Reading& reading, const Value& value, double& out) {
  double number = value.real;
  if (value.is(ValueKind::integer)) {
    number = static_cast<double>(value.integer);
  } else if (!value.is(ValueKind::real)) {
    return wrong_type(reading, value);
  }
  if (!std::isfinite(number) || number < 1 || number > model::most_factor) {
    return wrong_value(reading, value, "it must be between 1 and 1000");
  }
  out = number;
}

void read_share(Reading& reading, const Value& value, double& out) {
  if (!is_text(reading, value)) return;
  std::string_view digits = value.text;
  if (!digits.ends_with('%')) return wrong_value(reading, value, "the percent sign is missing");
  digits.remove_suffix(1);
  if (const auto percent = parsed(reading, value, parse_integer(digits, 0, 100))) {
    out = static_cast<double>(*percent) / 100;
  }
}

void read_signal(Reading& reading, const Value& value, std::int32_t& out) {
  std::string text = value.text;
  if (value.is(ValueKind::integer)) {
    text = std::to_string(value.integer);
  } else if (!is_text(reading, value)) {
    return;
  }
  if (const auto number = parsed(reading, value, parse_signal(text))) out = *number;
}

void read_mode(Reading& reading, const Value& value, std::optional<std::uint32_t>& out) {
  if (!is_text(reading, value)) return;
  const auto mode = parsed(reading, value, parse_mode(value.text));
  if (!mode) return;
  if (*mode > 0777) return wrong_value(reading, value, "only the last three digits count");
  out.emplace(*mode);
}

void read_text(Reading& reading, const Value& value, Text& out) {
  if (!is_text(reading, value)) return;
  if (value.text.empty()) return wrong_value(reading, value, "it is empty");
  out = text_of(value);
}

void read_texts(Reading& reading, const Value& value, std::vector<Text>& out) {
  if (!value.is(ValueKind::array)) return wrong_type(reading, value);
  out.clear();
  for (const Value& item : value.items) {
    Text text;
    read_text(reading, item, text);
    if (text.given) out.push_back(std::move(text));
  }
}

void read_account(Reading& reading, const Value& value, Text& out) {
  if (!value.is(ValueKind::integer)) return read_text(reading, value, out);
  out = {std::to_string(value.integer), value.place, true};
}

void read_accounts(Reading& reading, const Value& value, std::vector<Text>& out) {
  if (!value.is(ValueKind::array)) return wrong_type(reading, value);
  out.clear();
  for (const Value& item : value.items) {
    Text text;
    read_account(reading, item, text);
    if (text.given) out.push_back(std::move(text));
  }
}

void read_command(Reading& reading, const Value& value, const Value*& out) {
  if (value.is(ValueKind::array)) {
    if (value.items.empty()) return wrong_value(reading, value, "it is empty");
    for (const Value& item : value.items) {
      if (!is_text(reading, item)) return;
    }
  } else if (!is_text(reading, value)) {
    return;
  }
  out = &value;
}

void read_env(Reading& reading, const Value& value, const Value*& out) {
  if (!value.is(ValueKind::table)) return wrong_type(reading, value);
  for (const Entry& entry : value.entries) {
    if (entry.key.empty() ||
        entry.key.find_first_of(std::string_view("=\0", 2)) != entry.key.npos) {
      reading.report.error(entry.place,
                           "\"" + printable(entry.key, 80) + "\" cannot be an environment variable",
                           "its name must not be empty and not contain = or NUL");
    }
    if (entry.value.is(ValueKind::integer) || entry.value.is(ValueKind::boolean)) {
      reading.report.error(entry.value.place,
                           "\"" + printable(entry.key, 80) + "\" is not a string",
                           "write it in quotes: what the service sees is text");
    } else {
      is_text(reading, entry.value);
    }
  }
  out = &value;
}

void read_inherit(Reading& reading, const Value& value, const Value*& out) {
  if (!value.is(ValueKind::boolean)) {
    std::vector<Text> names;
    read_texts(reading, value, names);
  }
  out = &value;
}

std::optional<std::int64_t> integer_in_range(Reading& reading, const Value& value) {
  if (!value.is(ValueKind::integer)) {
    wrong_type(reading, value);
    return std::nullopt;
  }
  const Key& key = *reading.key;
  if (value.integer >= key.least && value.integer <= key.most) return value.integer;
  reading.report.error(
      value.place, "\"" + std::string(key.name) + "\" cannot be " + std::to_string(value.integer),
      "expected a whole number from " + std::to_string(key.least) + " to " +
          std::to_string(key.most));
  return std::nullopt;
}

std::optional<std::size_t> chosen(Reading& reading, const Value& value) {
  if (!is_text(reading, value)) return std::nullopt;
  const auto& choices = reading.key->choices;
  const auto found = std::ranges::find(choices, value.text, &Choice::word);
  const std::string name(reading.key->name);
  if (found == choices.end()) {
    std::string list;
    for (const Choice& choice : choices) {
      list.append(list.empty() ? "\"" : ", \"").append(choice.word).append("\"");
    }
    reading.report.error(value.place,
                         "\"" + name + "\" cannot be \"" + printable(value.text, 80) + "\"",
                         "expected one of " + list);
    return std::nullopt;
  }
  if (found->support == Support::later) {
    reading.report.error(value.place, "\"" + name + "\" = \"" + value.text +
                                          "\" is not supported yet by this version");
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

}  // namespace stayd::config
