// SPDX-License-Identifier: Apache-2.0
// The JSON schema of stayd.toml, from the table of keys. What is not supported yet is left out, so
// that an editor marks it.
#include <algorithm>
#include <string>
#include <vector>

#include "config/keys.h"

namespace stayd::config {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c != '`') out.push_back(c);  // Markdown's marks
  }
  return out + "\"";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out.append(out.size() > 1 ? ", " : "").append(item);
  return out + "]";
}

std::string pattern(std::string_view expression) {
  return "\"type\": \"string\", \"pattern\": " + quoted(expression);
}

std::string any_of(std::string_view first, std::string_view second) {
  return "\"anyOf\": [{" + std::string(first) + "}, {" + std::string(second) + "}]";
}

constexpr std::string_view text_schema = "\"type\": \"string\"";
constexpr std::string_view integer_schema = "\"type\": \"integer\"";
constexpr std::string_view texts_schema = "\"type\": \"array\", \"items\": {\"type\": \"string\"}";

std::string accounts_item() { return any_of(text_schema, "\"type\": \"integer\", \"minimum\": 0"); }

std::string words_of(const Key& key) {
  std::vector<std::string> words;
  for (const Choice& choice : key.choices) {
    if (choice.support == Support::now) words.push_back(quoted(choice.word));
  }
  return "\"enum\": " + list_of(words);
}

/// One of several choices; of log.to a command, too.
std::string item_of(const Key& key) {
  if (key.name != "to") return words_of(key);
  return any_of(words_of(key), "\"type\": \"object\", \"properties\": {\"exec\": {" +
                                   any_of(text_schema, texts_schema) +
                                   "}}, \"required\": [\"exec\"], \"additionalProperties\": false");
}

std::string reference_to(std::string_view section) {
  return "\"$ref\": \"#/$defs/" + std::string(section) + "\"";
}

std::string named_tables(std::string_view section) {
  return "\"type\": \"object\", \"patternProperties\": {\"^[a-z0-9][a-z0-9._-]{0,62}$\": {" +
         reference_to(section) + "}}, \"additionalProperties\": false";
}

/// The members of a key's schema that its type gives.
std::string schema_of(const Key& key) {
  switch (key.type) {
    case ValueType::text:
    case ValueType::path: return std::string(text_schema);
    case ValueType::boolean: return "\"type\": \"boolean\"";
    case ValueType::integer:
      return std::string(integer_schema) + ", \"minimum\": " + std::to_string(key.least) +
             ", \"maximum\": " + std::to_string(key.most);
    case ValueType::real: return "\"type\": \"number\", \"minimum\": 1";
    case ValueType::duration: return pattern("^([0-9]+(ns|us|ms|s|m|h|d))+$");
    case ValueType::size: return pattern("^[0-9]+[KMGT]?$");
    case ValueType::percentage: return pattern("^[0-9]{1,3}%$");
    case ValueType::signal: return any_of(text_schema, "\"type\": \"integer\", \"minimum\": 1");
    case ValueType::mode: return pattern("^[0-7]{1,4}$");
    case ValueType::choice: return words_of(key);
    case ValueType::choices:
      return any_of(item_of(key), "\"type\": \"array\", \"items\": {" + item_of(key) + "}");
    case ValueType::command:
      return any_of(text_schema, std::string(texts_schema) + ", \"minItems\": 1");
    case ValueType::texts:
    case ValueType::dependencies: return std::string(texts_schema);
    case ValueType::codes:
      return "\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 0, "
             "\"maximum\": 255}";
    case ValueType::account: return accounts_item();
    case ValueType::accounts: return "\"type\": \"array\", \"items\": {" + accounts_item() + "}";
    case ValueType::resource: return accounts_item();
    case ValueType::text_table:
      return "\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}";
    case ValueType::yes_or_names: return any_of("\"type\": \"boolean\"", texts_schema);
    case ValueType::restart: {
      const Key* policy = find_key(Section::restart, "policy");
      return any_of(words_of(*policy), reference_to("restart"));
    }
    case ValueType::table:
      if (key.name == "service" || key.name == "template") return named_tables("service");
      return reference_to(key.name);
  }
  return {};
}

std::string members_of(const SectionInfo& section, std::string_view indent) {
  std::string out = "\"type\": \"object\",\n";
  out.append(indent).append("\"additionalProperties\": false,\n");
  out.append(indent).append("\"properties\": {");
  bool first = true;
  for (const Key& key : section.keys) {
    if (!key.is_supported()) continue;
    out.append(first ? "\n" : ",\n").append(indent).append("  ").append(quoted(key.name));
    out.append(": {\"description\": ").append(quoted(key.meaning)).append(", ");
    out.append(schema_of(key)).append("}");
    first = false;
  }
  return out.append("\n").append(indent).append("}");
}

}  // namespace

std::string json_schema() {
  std::string out =
      "{\n"
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"stayd.toml\",\n"
      "  \"description\": \"Configuration of the process supervisor stayd\",\n  ";
  out.append(members_of(info(Section::file), "  ")).append(",\n  \"$defs\": {");
  bool first = true;
  for (const SectionInfo& section : sections()) {
    const bool any = std::ranges::any_of(section.keys, &Key::is_supported);
    if (section.section == Section::file || !any) continue;
    out.append(first ? "\n    " : ",\n    ").append(quoted(section.key)).append(": {\n      ");
    out.append(members_of(section, "      ")).append("\n    }");
    first = false;
  }
  return out + "\n  }\n}\n";
}

}  // namespace stayd::config
