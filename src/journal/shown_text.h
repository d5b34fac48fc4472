// SPDX-License-Identifier: Apache-2.0
// A service's bytes as a person is shown them: on the console and by `stayd logs`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stayd::journal {

/// What becomes of colours (SGR sequences: ESC [ digits ; : m).
enum class Colours : std::uint8_t { removed, kept };

/// Appends one line, given without its line end: tabs and valid UTF-8 as they are, a carriage
/// return at the end and erasures within the line (EL) left out, every other control byte (C0, DEL,
/// C1, ESC) and every byte that is not UTF-8 as \xNN ("\r" for a carriage return). Colours that
/// were kept are reset at the end.
void append_shown(std::string& out, std::string_view line, Colours colours);

/// The number of an SGR foreground colour for a name: always the same one for the same name, never
/// red, which is for errors.
int colour_of_name(std::string_view name);

}  // namespace stayd::journal
