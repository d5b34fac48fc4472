// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, where, and what was expected:
//
//     stayd.toml:12:3: error: unknown key "comand" in [service.web]
//        12 | comand = "./server"
//           | ^^^^^^
//           = did you mean "command"?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stayd::config {

enum class Severity : std::uint8_t { error, warning };

/// Kinds that a caller treats differently.
enum class Problem : std::uint8_t {
  syntax,                 ///< the text is no TOML
  meaning,                ///< everything else
  no_configuration,       ///< there is no such file
  command_not_found,      ///< `stayd run` ends with 127
  command_not_executable  ///< `stayd run` ends with 126
};

struct Diagnostic {
  Severity severity = Severity::error;
  Problem problem = Problem::meaning;
  std::string file;          ///< as the user named it, or "--delay" for an option; may be empty
  std::uint32_t line = 0;    ///< from 1; 0: no position in the file
  std::uint32_t column = 0;  ///< in characters, from 1
  std::uint32_t width = 1;   ///< characters that the caret underlines
  std::string source_line;   ///< the line itself, printable, cut around the column when long
  std::uint32_t caret = 0;   ///< where `column` is in source_line, from 0
  std::string message;       ///< one clause: what is wrong
  std::string hint;          ///< what was expected or is nearest; may be empty
  [[nodiscard]] bool is_of_option() const { return file.starts_with('-'); }
};

using Diagnostics = std::vector<Diagnostic>;

enum class Colours : std::uint8_t { none, terminal };

/// All of them as text for a person, each ending with a line feed, in the order given.
std::string render(const Diagnostics& diagnostics, Colours colours = Colours::none);

bool has_errors(const Diagnostics& diagnostics);

}  // namespace stayd::config
