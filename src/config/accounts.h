// SPDX-License-Identifier: Apache-2.0
// Names and numbers of users and groups, as they stand in a configuration.
#pragma once

#include <optional>

#include "config/draft.h"
#include "config/world.h"

namespace stayd::config {

/// The user, or none after a report. A number without an entry is a user without a name, whose
/// group has the same number. Odd ones ("0day", "-1", 4294967295) are refused, never guessed at.
std::optional<User> user_of(World& world, Report& report, const Text& account);
std::optional<std::uint32_t> group_of(World& world, Report& report, const Text& account);

/// user, group, supplementary-groups of a service into its Execution; the user, if one is named.
std::optional<User> resolve_accounts(World& world, Report& report, ServiceDraft& draft);

/// operators and viewers.
void resolve_peers(World& world, Report& report, SupervisorDraft& draft);

}  // namespace stayd::config
