// SPDX-License-Identifier: Apache-2.0
// Every key that stayd.toml has, once: the reader dispatches by this table (key_table.h), and
// `stayd help config`, docs/reference/config.md, the JSON schema and the options of `stayd run` are
// made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/tree.h"

namespace stayd::config {

struct Reading;

/// Takes one value into the draft of `reading`, or reports what is wrong with it.
using Setter = void (*)(Reading& reading, const Value& value);

enum class ValueType : std::uint8_t {
  text,
  path,
  boolean,
  integer,
  real,
  duration,
  size,
  percentage,
  signal,
  mode,
  choice,
  choices,  ///< one of them or an array of them
  command,
  texts,  ///< an array of strings
  codes,  ///< an array of exit codes
  account,
  accounts,
  dependencies,
  resource,      ///< rlimit: a number, a size, "unlimited", or "soft:hard"
  text_table,    ///< names to strings
  yes_or_names,  ///< a boolean or an array of strings
  restart,       ///< the short form or the table
  table
};

/// How messages and the reference speak of a type: "a duration such as \"250ms\" or \"1m30s\"".
std::string_view phrase(ValueType type);
/// One or two words for the reference's column.
std::string_view short_phrase(ValueType type);

enum class Support : std::uint8_t { now, later };

inline constexpr Support later = Support::later;

struct Choice {
  std::string_view word;
  Support support = Support::now;
};

struct Key {
  std::string_view name;
  ValueType type = ValueType::text;
  std::string_view standard;  ///< the default, as the reference shows it
  std::string_view meaning;   ///< plain text; Markdown's backticks mark code
  Setter set = nullptr;       ///< nullptr: known, but not supported yet
  std::span<const Choice> choices{};
  std::int64_t least = 0, most = 0;  ///< of an integer
  std::string_view option{};         ///< of `stayd run`, without dashes; empty: none

  [[nodiscard]] bool is_supported() const { return set != nullptr; }
};

enum class Section : std::uint8_t {
  file,
  supervisor,
  service,
  restart,
  ready,
  health,
  log,
  limits,
  socket,
  sandbox,
  hooks
};

struct SectionInfo {
  Section section{};
  std::string_view heading;  ///< "[service.NAME.restart]"
  std::string_view key;      ///< the last part: "restart"
  std::string_view about;    ///< a paragraph for the reference
  std::span<const Key> keys;
};

std::span<const SectionInfo> sections();
const SectionInfo& info(Section section);
const Key* find_key(Section section, std::string_view name);

/// Of the keys of `ready`: says how a probe is tried, and not which one.
constexpr bool tunes_probe(std::string_view key) {
  return key == "status" || key == "timeout" || key == "interval";
}

/// "[service.web.restart]": the heading with `owner` ("service.web", "template.base") for
/// service.NAME, unless that is empty.
std::string heading_of(const SectionInfo& section, std::string_view owner);

/// What to say of a name that no key of `section` has: the nearest one, or where it belongs.
std::string hint_for_unknown(Section section, std::string_view owner, std::string_view name);

// Made from the table (reference_page.cc, json_schema.cc, reference.cc).

/// docs/reference/config.md
std::string reference_page();
/// docs/reference/stayd.schema.json (JSON Schema 2020-12), for editors that know TOML.
std::string json_schema();
/// `stayd help config`: all sections and keys, a line each.
std::string help_overview();
/// `stayd help config KEY`; KEY is "restart.delay", "delay", "service", ...; none if there is none
/// such.
std::optional<std::string> help_for(std::string_view name);

}  // namespace stayd::config
