// SPDX-License-Identifier: Apache-2.0
#include "app/cli/machine.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "app/cli/places.h"
#include "base/text.h"
#include "os/files.h"
#include "os/process.h"

namespace stayd::app {
namespace {

constexpr std::size_t most_matches = 10'000;
constexpr std::uint32_t writable_by_group = 020, writable_by_others = 002, sticky = 01000;

/// NAME=VALUE, each name once: the first one counts, as getenv(3) has it.
std::vector<std::string> environment_here() {
  std::vector<std::string> all;
  for (char* const* at = os::own_environment(); *at != nullptr; ++at) {
    const std::string_view line = *at;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const auto name = line.substr(0, equals + 1);
    const bool known =
        std::ranges::any_of(all, [&](const std::string& one) { return one.starts_with(name); });
    if (!known) all.emplace_back(line);
  }
  return all;
}

void match(const std::string& folder, std::string_view pattern, std::vector<std::string>& found) {
  const auto part = pattern.substr(0, pattern.find('/'));
  const auto rest = pattern.substr(std::min(pattern.size(), part.size() + 1));
  const auto opened = os::open_folder(folder.empty() ? "/" : folder);
  if (!opened) return;
  auto names = os::list_folder(opened->view());
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const bool is_hidden = name.starts_with('.') && !part.starts_with('.');
    if (is_hidden || !glob_match(part, name) || found.size() >= most_matches) continue;
    std::string path = folder;
    path.append("/").append(name);
    if (!rest.empty()) {
      match(path, rest, found);
    } else if (os::exists(path)) {
      found.push_back(path);
    }
  }
}

/// What is wrong with one file or folder on the way to a configuration.
std::optional<std::string> who_can_change(const std::string& path, std::uint32_t us) {
  const auto status = os::status_of_path(path);
  if (!status) return std::nullopt;
  if (status->uid != 0 && status->uid != us) {
    return path + " belongs to user " + std::to_string(status->uid);
  }
  // In a sticky folder others cannot rename or remove what is ours.
  if (status->is_folder && (status->mode & sticky) != 0) return std::nullopt;
  if ((status->mode & writable_by_others) != 0) return path + " can be written by everybody";
  if ((status->mode & writable_by_group) != 0 && status->gid != 0) {
    return path + " can be written by group " + std::to_string(status->gid);
  }
  return std::nullopt;
}

config::FileKind look_at(const std::string& path) {
  const auto status = os::status_of_path(path);
  if (!status) {
    const bool missing = status.error().number == ENOENT || status.error().number == ENOTDIR;
    return missing ? config::FileKind::missing : config::FileKind::not_permitted;
  }
  if (status->is_folder) return config::FileKind::folder;
  if (!status->is_regular) return config::FileKind::other;
  return os::is_executable(path) ? config::FileKind::executable : config::FileKind::regular;
}

}  // namespace

Machine::Machine() : environment_(environment_here()), uid_(os::own_uid()) {}

Result<std::string> Machine::read_file(const std::string& path, std::size_t most_bytes) {
  return os::read_file(path, most_bytes);
}

Result<std::vector<std::string>> Machine::list_matching(const std::string& pattern) {
  std::vector<std::string> found;
  match("", std::string_view(pattern).substr(pattern.starts_with('/') ? 1 : 0), found);
  return found;
}

config::FileKind Machine::kind_of(const std::string& path) {
  const auto known = kinds_.find(path);
  if (known != kinds_.end()) return known->second;
  const config::FileKind kind = look_at(path);
  kinds_.emplace(path, kind);
  return kind;
}

std::optional<std::string> Machine::who_else_can_change(const std::string& path) {
  const std::uint32_t us = uid();
  std::string at = os::absolute_path(path).value_or(path);
  while (true) {
    if (auto why = who_can_change(at, us)) return why;
    const auto slash = at.rfind('/');
    if (slash == std::string::npos || at == "/") return std::nullopt;
    at.resize(slash == 0 ? 1 : slash);
  }
}

Result<std::optional<config::User>> Machine::find_user(const std::string& name) {
  return accounts_.user(name);
}
Result<std::optional<config::User>> Machine::find_user(std::uint32_t uid) {
  return accounts_.user(uid);
}
Result<std::optional<config::Group>> Machine::find_group(const std::string& name) {
  return accounts_.group(name);
}
Result<std::vector<std::uint32_t>> Machine::groups_of(const std::string& name) {
  return accounts_.groups_of(name);
}

std::uint32_t Machine::uid() { return uid_; }

std::uint64_t Machine::descriptor_limit() { return os::most_descriptors_allowed(); }

config::SupervisorName Machine::name_for(const std::string& config_path) {
  const auto path = os::absolute_path(config_path).value_or(config_path);
  return {.name = name_of_config(path), .title = title_of_config(path)};
}

Result<config::Folders> Machine::folders_for(const std::string& name,
                                             const std::string& state_dir) {
  const auto places = TRY(places_of_name(name, name, surroundings_here()));
  if (state_dir.empty()) {
    return config::Folders{.runtime_dir = places.runtime_dir,
                           .state_dir = places.state_dir,
                           .log_dir = places.log_dir};
  }
  return config::Folders{.runtime_dir = places.runtime_dir,
                         .state_dir = state_dir,
                         .log_dir = log_dir_below(state_dir)};
}

}  // namespace stayd::app
