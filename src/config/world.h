// SPDX-License-Identifier: Apache-2.0
// What a configuration's reader asks of the machine. Implemented in src/app/cli with os/, and by a
// table in the tests and the fuzzer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace stayd::config {

struct User {
  std::string name;  ///< empty for a number without an entry
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
};

struct Group {
  std::string name;
  std::uint32_t gid = 0;
};

enum class FileKind : std::uint8_t {
  missing,
  not_permitted,  ///< it, or a folder above it, cannot be looked at
  folder,
  executable,  ///< a regular file that we may execute
  regular,
  other
};

/// Defaults of [supervisor] that depend on its name.
struct Folders {
  std::string runtime_dir;
  std::string state_dir;
  std::string log_dir;
};

struct SupervisorName {
  std::string name;   ///< of folders
  std::string title;  ///< for people
};

class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// All of a regular file of at most `most_bytes`; error numbers are those of open(2).
  virtual Result<std::string> read_file(const std::string& path, std::size_t most_bytes) = 0;
  /// Paths that match a shell pattern in its last part or any other, in lexical order.
  virtual Result<std::vector<std::string>> list_matching(const std::string& pattern) = 0;
  virtual FileKind kind_of(const std::string& path) = 0;
  /// Why somebody who is neither root nor we could change this file ("/srv is writable by others");
  /// none when nobody can.
  virtual std::optional<std::string> who_else_can_change(const std::string& path) = 0;

  /// None when there is no such entry; an error when the question could not be answered.
  virtual Result<std::optional<User>> find_user(const std::string& name) = 0;
  virtual Result<std::optional<User>> find_user(std::uint32_t uid) = 0;
  virtual Result<std::optional<Group>> find_group(const std::string& name) = 0;
  /// Supplementary groups of the user called `name`.
  virtual Result<std::vector<std::uint32_t>> groups_of(const std::string& name) = 0;

  /// NAME=VALUE, each name once.
  virtual const std::vector<std::string>& environment() = 0;
  virtual std::uint32_t uid() = 0;
  /// The hard RLIMIT_NOFILE.
  virtual std::uint64_t descriptor_limit() = 0;

  virtual SupervisorName name_for(const std::string& config_path) = 0;
  /// `state_dir` empty: the default one, too.
  virtual Result<Folders> folders_for(const std::string& name, const std::string& state_dir) = 0;
};

}  // namespace stayd::config
