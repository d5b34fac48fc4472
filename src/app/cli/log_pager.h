// SPDX-License-Identifier: Apache-2.0
// Which pager shows a long text, and starting it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/pager.h"

namespace stayd::app {

/// The words of the first that is set of $STAYD_PAGER and $PAGER; else less, which passes colours
/// on, leaves what fits on the screen there, and ends by itself then. Empty: none is wanted ("" or
/// "cat").
std::vector<std::string> pager_command(const std::optional<std::string>& own,
                                       const std::optional<std::string>& general);

/// Starts it if standard output is a terminal. None: there is none, or it cannot be started; then
/// the text goes to the terminal.
std::optional<os::Pager> start_pager();

}  // namespace stayd::app
