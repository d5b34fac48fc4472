// SPDX-License-Identifier: Apache-2.0
// Users and groups by name or number: /etc/passwd and /etc/group, then `getent` where there is one,
// so that a static binary sees those of LDAP and the like, too. getent gets 2 s; a name service
// that hangs makes an error, not a wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/world.h"

namespace stayd::app {

/// A line of passwd(5); none: it is not one.
std::optional<config::User> parse_passwd_line(std::string_view line);

class AccountsLookup {
 public:
  /// The folder of passwd and group, and the program to ask next (empty: nobody).
  explicit AccountsLookup(std::string folder = "/etc", std::string getent = "/usr/bin/getent")
      : folder_(std::move(folder)), getent_(std::move(getent)) {}

  Result<std::optional<config::User>> user(const std::string& name);
  Result<std::optional<config::User>> user(std::uint32_t uid);
  Result<std::optional<config::Group>> group(const std::string& name);
  /// Supplementary groups.
  Result<std::vector<std::uint32_t>> groups_of(const std::string& name);

 private:
  const std::string& file(const char* name, std::optional<std::string>& kept);
  /// The lines that `getent DATABASE KEY` prints; empty when it knows nothing of it.
  Result<std::string> ask(const char* database, const std::string& key) const;

  std::string folder_;
  std::string getent_;
  std::optional<std::string> passwd_, group_;
};

}  // namespace stayd::app
