// SPDX-License-Identifier: Apache-2.0
// The machine as a configuration's reader sees it: config::World by os/.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "app/cli/accounts_lookup.h"
#include "config/world.h"

namespace stayd::app {

class Machine final : public config::World {
 public:
  Machine();

  Result<std::string> read_file(const std::string& path, std::size_t most_bytes) override;
  Result<std::vector<std::string>> list_matching(const std::string& pattern) override;
  config::FileKind kind_of(const std::string& path) override;
  std::optional<std::string> who_else_can_change(const std::string& path) override;
  Result<std::optional<config::User>> find_user(const std::string& name) override;
  Result<std::optional<config::User>> find_user(std::uint32_t uid) override;
  Result<std::optional<config::Group>> find_group(const std::string& name) override;
  Result<std::vector<std::uint32_t>> groups_of(const std::string& name) override;
  const std::vector<std::string>& environment() override { return environment_; }
  std::uint32_t uid() override;
  std::uint64_t descriptor_limit() override;
  config::SupervisorName name_for(const std::string& config_path) override;
  Result<config::Folders> folders_for(const std::string& name,
                                      const std::string& state_dir) override;

 private:
  std::vector<std::string> environment_;
  AccountsLookup accounts_;
  // Services by the thousand share few executables and folders: each is looked at once.
  std::unordered_map<std::string, config::FileKind> kinds_;
  std::uint32_t uid_;
};

}  // namespace stayd::app
