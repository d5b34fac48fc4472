// SPDX-License-Identifier: Apache-2.0
#include "app/cli/places.h"

#include <algorithm>

#include "base/crc32c.h"
#include "os/files.h"
#include "os/process.h"

namespace stayd::app {
namespace {

constexpr std::size_t most_title_bytes = 48;  // with the hash well below NAME_MAX and a cgroup's

std::string absolute_or_empty(std::string text) {
  if (!text.starts_with('/')) text.clear();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string below(std::string_view folder, std::string_view rest) {
  if (folder.empty()) return {};
  return std::string(folder).append("/").append(rest);
}

/// $XDG_RUNTIME_DIR, else the folder that logind makes, if it is really ours.
std::string runtime_home_of(std::uint32_t uid) {
  auto given = absolute_or_empty(os::environment("XDG_RUNTIME_DIR"));
  if (!given.empty()) return given;
  auto usual = "/run/user/" + std::to_string(uid);
  const auto status = os::status_of_path(usual);
  if (!status || !status->is_folder || status->uid != uid) usual.clear();
  return usual;
}

bool is_portable(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

Surroundings surroundings_here() {
  Surroundings around;
  around.uid = os::own_uid();
  if (around.uid == 0) return surroundings_of_root();
  around.home = absolute_or_empty(os::environment("HOME"));
  around.runtime_home = runtime_home_of(around.uid);
  around.state_home = absolute_or_empty(os::environment("XDG_STATE_HOME"));
  if (around.state_home.empty()) around.state_home = below(around.home, ".local/state");
  around.config_home = absolute_or_empty(os::environment("XDG_CONFIG_HOME"));
  if (around.config_home.empty()) around.config_home = below(around.home, ".config");
  return around;
}

Surroundings surroundings_of_root() {
  return {.uid = 0,
          .home = "/root",
          .runtime_home = "/run",
          .state_home = "/var/lib",
          .config_home = "/etc"};
}

std::string title_of_config(std::string_view config_path) {
  const auto file = config_path.rfind('/');
  if (file == std::string_view::npos || file == 0) return "root";
  const auto folder = config_path.substr(0, file);
  return std::string(folder.substr(folder.rfind('/') + 1));
}

std::string stem_of_title(std::string_view title) {
  std::string stem(title.substr(0, most_title_bytes));
  std::ranges::replace_if(stem, [](char c) { return !is_portable(c); }, '-');
  if (stem.starts_with('.') || stem.starts_with('-')) stem.front() = '_';
  return stem;
}

std::string name_of_config(std::string_view config_path) {
  std::string name = stem_of_title(title_of_config(config_path)) + "-";
  constexpr char digits[] = "0123456789abcdef";
  const auto hash = crc32c(config_path);
  for (std::uint32_t shift = 24; shift > 0; shift -= 4) {
    name.push_back(digits[(hash >> (shift - 4)) & 15U]);
  }
  return name;
}

Result<Places> places_of_name(std::string_view name, std::string_view title,
                              const Surroundings& around) {
  if (around.state_home.empty()) {
    return failure(
        "no place for state and logs: neither XDG_STATE_HOME nor HOME is set to an absolute path; "
        "set one of them, or state-dir in [supervisor]");
  }
  Places places{.name = std::string(name), .title = std::string(title)};
  places.state_dir = below(state_root(around), name);
  places.log_dir = around.uid == 0 ? std::string("/var/log/stayd/").append(name)
                                   : log_dir_below(places.state_dir);
  places.runtime_dir = around.runtime_home.empty() ? below(places.state_dir, "run")
                                                   : runtime_root(around).append("/").append(name);
  return places;
}

Result<Places> places_of_config(std::string_view config_path, const Surroundings& around) {
  return places_of_name(name_of_config(config_path), title_of_config(config_path), around);
}

std::string runtime_root(const Surroundings& around) { return below(around.runtime_home, "stayd"); }

std::string state_root(const Surroundings& around) { return below(around.state_home, "stayd"); }

std::string log_dir_below(std::string_view state_dir) { return below(state_dir, "log"); }

std::string control_socket_in(std::string_view runtime_dir) {
  return below(runtime_dir, "control");
}

}  // namespace stayd::app
