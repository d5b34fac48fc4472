// SPDX-License-Identifier: Apache-2.0
// ${NAME}, ${NAME:-default} and $$ in a configuration's strings.
//
// An expanded text is kept in *escaped form* as long as its service is being read: a dollar is $$,
// and ${instance} and ${replica} of a numbered service still stand in it. model::for_instance ends
// that: here, when nothing differs by instance, else when an instance is started.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/draft.h"
#include "config/report.h"

namespace stayd::config {

/// The value of a name in escaped form; none when it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Doubles every dollar.
std::string escaped(std::string_view text);

/// A text from the file, where it stands.
struct Written {
  std::string_view text;
  Place place;
};

/// The text in escaped form, or none after a report at its place.
std::optional<std::string> expand(const Written& written, const Lookup& lookup, Report& report);
inline std::optional<std::string> expand(const Text& text, const Lookup& lookup, Report& report) {
  return expand(Written{text.text, text.place}, lookup, report);
}

/// An escaped text as it is to be, where nothing in it differs by instance.
std::string unescaped(std::string_view text);

/// Whether an escaped text differs by instance.
bool has_instance_text(std::string_view text);

}  // namespace stayd::config
