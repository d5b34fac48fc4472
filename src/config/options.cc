// SPDX-License-Identifier: Apache-2.0
#include "config/options.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "config/keys.h"

namespace stayd::config {
namespace {

Value integer_value(std::string_view text, Place place) {
  const auto number = parse_integer(text, INT64_MIN, INT64_MAX);
  if (!number) return text_value(text, place);  // its setter says what was expected
  Value value;
  value.kind = ValueKind::integer;
  value.integer = *number;
  value.place = place;
  return value;
}

Value real_value(std::string_view text, Place place) {
  Value value;
  value.kind = ValueKind::real;
  value.place = place;
  const auto end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data(), end, value.real);
  return wrong != std::errc{} || stop != end ? text_value(text, place) : value;
}

Value array_of(std::string_view text, Place place, Value (*make)(std::string_view, Place)) {
  Value array;
  array.kind = ValueKind::array;
  array.place = place;
  while (true) {
    const auto one = text.substr(0, text.find(','));
    array.items.push_back(make(one, place));
    if (one.size() == text.size()) return array;
    text.remove_prefix(one.size() + 1);
  }
}

class OptionReader {
 public:
  OptionReader(Sources& sources, Report& report) : sources_(sources), report_(report) {}

  void take(std::string_view option, std::string_view text) {
    const Place place = sources_.add_argument("--" + std::string(option), std::string(text));
    if (option == "ready") return take_ready(text, place);
    const auto all = key_options();
    const auto found =
        std::ranges::find_if(all, [&](const KeyOption& one) { return one.key->option == option; });
    if (found == all.end()) return;
    put(*found, text, place);
  }

  Value service = table_value({});
  Value supervisor = table_value({});

 private:
  Value& table_of(Section section, Place place) {
    if (section == Section::supervisor) return supervisor;
    if (section == Section::service) return service;
    const std::string key(info(section).key);
    if (Value* known = service.find(key)) return *known;
    service.entries.push_back({key, place, table_value(place)});
    return service.entries.back().value;
  }

  void put(const KeyOption& option, std::string_view text, Place place) {
    Value& table = table_of(option.section, place);
    Value* known = table.find(option.key->name);
    if (option.key->type == ValueType::text_table) return put_pair(table, *option.key, text, place);
    if (option.key->type == ValueType::texts) {
      if (known == nullptr) {
        Value array;
        array.kind = ValueKind::array;
        array.place = place;
        table.entries.push_back({std::string(option.key->name), place, array});
        known = &table.entries.back().value;
      }
      known->items.push_back(text_value(text, place));
      return;
    }
    Value value = value_of(option.key->type, text, place);
    if (known != nullptr) {
      *known = std::move(value);
    } else {
      table.entries.push_back({std::string(option.key->name), place, std::move(value)});
    }
  }

  void put_pair(Value& table, const Key& key, std::string_view text, Place place) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return report_.error(place, "\"" + printable(text, 80) + "\" sets nothing",
                           "expected NAME=VALUE");
    }
    Value* pairs = table.find(key.name);
    if (pairs == nullptr) {
      table.entries.push_back({std::string(key.name), place, table_value(place)});
      pairs = &table.entries.back().value;
    }
    std::string value;
    for (const char c : text.substr(equals + 1)) value.append(c == '$' ? "$$" : std::string(1, c));
    pairs->entries.push_back(
        {std::string(text.substr(0, equals)), place, text_value(value, place)});
  }

  static Value value_of(ValueType type, std::string_view text, Place place) {
    switch (type) {
      case ValueType::integer: return integer_value(text, place);
      case ValueType::real: return real_value(text, place);
      case ValueType::codes: return array_of(text, place, integer_value);
      case ValueType::choices: return array_of(text, place, text_value);
      case ValueType::signal:
      case ValueType::resource:
      case ValueType::text:
      case ValueType::path:
      case ValueType::boolean:
      case ValueType::duration:
      case ValueType::size:
      case ValueType::percentage:
      case ValueType::mode:
      case ValueType::choice:
      case ValueType::command:
      case ValueType::texts:
      case ValueType::account:
      case ValueType::accounts:
      case ValueType::dependencies:
      case ValueType::text_table:
      case ValueType::yes_or_names:
      case ValueType::restart:
      case ValueType::table: return text_value(text, place);
    }
    return text_value(text, place);
  }

  /// KIND or KIND:VALUE, as in tcp:127.0.0.1:8080, notify, fd:3, http://127.0.0.1/healthz.
  void take_ready(std::string_view text, Place place) {
    const bool is_url = text.starts_with("http://");
    const auto colon = is_url ? 4 : text.find(':');
    const auto kind = text.substr(0, colon);
    const auto rest = is_url                            ? text
                      : colon == std::string_view::npos ? std::string_view{}
                                                        : text.substr(colon + 1);
    const Key* key = find_key(Section::ready, kind);
    const bool is_probe =
        key != nullptr && key->is_supported() && key->option.empty() && kind != "status";
    if (!is_probe) {
      return report_.error(place, "\"" + printable(text, 80) + "\" is no way to be ready",
                           "expected notify, fd:3, tcp:ADDRESS:PORT, unix:PATH, http://..., "
                           "exec:COMMAND, file:PATH or delay:2s");
    }
    Value value = value_of(key->type, rest, place);
    if (key->type == ValueType::boolean) {
      value.kind = ValueKind::boolean;
      value.boolean = true;
    }
    table_of(Section::ready, place).entries.push_back({std::string(kind), place, std::move(value)});
  }

  Sources& sources_;
  Report& report_;
};

Entry command_entry(const RunRequest& request, Sources& sources) {
  std::string line;
  for (const std::string& word : request.command) {
    if (!line.empty()) line.append(" ");
    line.append(word);
  }
  const Place place = sources.add_argument("the command", std::move(line), request.current_folder);
  Value array;
  array.kind = ValueKind::array;
  array.place = place;
  for (const std::string& word : request.command) {
    // The shell has expanded what was to be: a dollar is one.
    std::string kept;
    for (const char c : word) kept.append(c == '$' ? "$$" : std::string(1, c));
    array.items.push_back(text_value(kept, place));
  }
  return {"command", place, std::move(array)};
}

}  // namespace

std::vector<KeyOption> key_options() {
  std::vector<KeyOption> all;
  for (const SectionInfo& section : sections()) {
    for (const Key& key : section.keys) {
      if (!key.option.empty()) all.push_back({section.section, &key});
    }
  }
  return all;
}

Documents documents_of_options(const RunRequest& request, Sources& sources, Report& report) {
  Entry command = command_entry(request, sources);
  const Place place = command.place;
  OptionReader reader(sources, report);
  for (const auto& [option, text] : request.options) reader.take(option, text);
  reader.service.entries.insert(reader.service.entries.begin(), std::move(command));
  reader.service.place = place;
  Documents documents;
  if (!reader.supervisor.entries.empty()) {
    documents.supervisor = Entry{"supervisor", place, std::move(reader.supervisor)};
  }
  documents.services.push_back({request.name, place, std::move(reader.service)});
  return documents;
}

}  // namespace stayd::config
