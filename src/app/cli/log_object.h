// SPDX-License-Identifier: Apache-2.0
// Lines of a log with `format = "json"`: what the service said stands in an object (docs/logs.md).
// Pure.
#pragma once

#include <string_view>

#include "journal/reader.h"

namespace stayd::app {

/// Whether `text` begins as the object of a line of this log does.
bool begins_object(std::string_view text, std::string_view instance, journal::LogKind kind);

/// Has the object's message take the place of the object; what is none stays as it is. One that is
/// not complete yet has its message as far as it has come.
void unwrap_object(journal::LogLine& line, std::string_view instance, journal::LogKind kind);

}  // namespace stayd::app
