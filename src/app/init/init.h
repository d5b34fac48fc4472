// SPDX-License-Identifier: Apache-2.0
// `stayd init`: PID 1 of a container, one process and nothing else. Also what we are when called as
// tini or dumb-init, with their options and their meaning.
#pragma once

#include <span>
#include <string_view>

namespace stayd::app {

/// `called_as` is "tini", "dumb-init" or anything else ("stayd init" then); `arguments` are those
/// behind the name (or the verb) and end with a null pointer behind the span, as main's do. Returns
/// the status to exit with: the command's own, 128 + N for signal N, 126 not executable, 127 not
/// found, 125 our own failure.
int init_main(std::string_view called_as, std::span<char* const> arguments);

}  // namespace stayd::app
