// SPDX-License-Identifier: Apache-2.0
// What an instance's state means, in words for a person: the same in status, explain, events and
// the outcome lines of start, stop and restart. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "control/instance_view.h"
#include "core/state.h"

namespace stayd::app {

/// The enumerators behind a view's words; none for the words of a newer supervisor.
std::optional<core::Phase> phase_of(std::string_view word);
std::optional<core::Reason> reason_of(std::string_view word);

/// Whether it is as it should be: up, or not wanted to be. A failed one never is.
bool is_as_wanted(const control::InstanceView& instance);

/// "exited with 1 after 80ms", "killed by SEGV (core dumped) after 3s", "killed by the kernel for
/// want of memory after 2m". Empty when no run has ended.
std::string exit_clause(const control::LastExitView& exit);
/// What stands behind "web ": "is in backoff, 4th restart in 1.6s", "is running for 3h 12m".
std::string phase_clause(const control::InstanceView& instance, WallTime now);
/// Why: "requires db:ready", "exited with 1 after 80ms", "stopped by root". Empty: nothing to say.
std::string reason_clause(const control::InstanceView& instance);
/// reason_clause, and the last line on stderr where an exit is the reason:
/// exited with 1 after 80ms: "cannot reach queue".
std::string reason_with_line(const control::InstanceView& instance);

/// "1 orphan reaped", "3 orphans reaped".
std::string orphans_text(std::uint32_t count);
/// "1st", "2nd", "3rd", "4th", "11th", "21st".
std::string ordinal(std::uint64_t number);
/// From `then` to `now` for a person: "3h 12m"; "0s" for what lies ahead. "-" when it is not known.
std::string age(WallTime then, WallTime now);

}  // namespace stayd::app
