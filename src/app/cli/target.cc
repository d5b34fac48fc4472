// SPDX-License-Identifier: Apache-2.0
#include "app/cli/target.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "app/cli/configuration.h"
#include "app/cli/output.h"
#include "base/text.h"
#include "os/files.h"
#include "os/socket.h"

namespace stayd::app {
namespace {

constexpr std::array file_names{"stayd.toml", "Procfile"};
constexpr std::size_t hash_bytes = 7;  // "-3fa2c1"

std::string parent_of(const std::string& folder) {
  const auto slash = folder.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : folder.substr(0, slash);
}

std::optional<std::string> configuration_in(const std::string& folder) {
  for (const char* name : file_names) {
    // Resolved, as -f is: a link to the file is the same file.
    if (auto path = os::absolute_path((folder == "/" ? "" : folder) + "/" + name)) return *path;
  }
  return std::nullopt;
}

std::string user_configuration(const Surroundings& around) {
  return around.config_home.empty() ? "" : around.config_home + "/stayd/stayd.toml";
}

Target target_at(const Places& places, std::string config) {
  return {.socket = control_socket_in(places.runtime_dir),
          .log_dir = places.log_dir,
          .title = places.title,
          .config = std::move(config)};
}

/// The places that the file names itself. Read only when nobody listens at the default ones: a
/// large configuration takes longer to read than all else that a verb does.
std::optional<Target> configured_target(const std::string& path) {
  const auto configuration = load_configuration({.file = path, .check_only = true});
  if (!configuration) return std::nullopt;
  const auto& supervisor = configuration->spec.supervisor;
  return Target{.socket = control_socket_in(supervisor.runtime_dir),
                .log_dir = supervisor.log_dir,
                .title = supervisor.title,
                .config = path};
}

/// Of our own supervisor for this file, else of root's if there is one; else of ours that may be.
std::expected<Target, Trouble> target_of_file(const std::string& path, const Wish& wish) {
  std::optional<Target> first;
  for (const Surroundings* around : {&wish.around, &wish.root}) {
    const auto places = places_of_config(path, *around);
    if (!places) continue;
    Target target = target_at(*places, path);
    if (os::exists(target.socket)) return target;
    if (!first) first = std::move(target);
  }
  if (auto configured = configured_target(path)) return std::move(*configured);
  first->is_guess = true;
  return std::move(*first);
}

/// Of a configuration that is no more, whose supervisor still is.
std::optional<Target> supervisor_of_gone(const std::string& file, const Wish& wish) {
  const auto slash = file.rfind('/');
  const auto folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  const auto resolved = os::absolute_path(folder);
  if (!resolved) return std::nullopt;
  const auto path = (*resolved == "/" ? "" : *resolved) + "/" + file.substr(slash + 1);
  for (const Surroundings* around : {&wish.around, &wish.root}) {
    const auto places = places_of_config(path, *around);
    if (places && os::exists(control_socket_in(places->runtime_dir)))
      return target_at(*places, path);
  }
  return std::nullopt;
}

bool is_title_with_hash(std::string_view name, std::string_view title) {
  return name.size() == title.size() + hash_bytes && name.starts_with(title) &&
         name[title.size()] == '-' &&
         name.substr(title.size() + 1).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

/// All that run, ours and root's, for a message.
std::string those_that_run(const Wish& wish) {
  auto names = running_supervisors_of(wish.around);
  if (wish.around.uid != wish.root.uid) {
    for (auto& name : running_supervisors_of(wish.root)) names.push_back(std::move(name));
  }
  if (names.empty()) return "no supervisor is running";
  return "running: " + joined(names) + " (choose with --name)";
}

/// Of one that has been and whose logs are still there: by its name, or its title if no other one
/// has it.
std::optional<Target> target_of_logs(const std::string& name, const Surroundings& around) {
  const auto exact = places_of_name(name, name, around);
  if (exact && os::exists(exact->log_dir)) return target_at(*exact, {});
  const auto folder = os::open_folder(state_root(around));
  if (!folder) return std::nullopt;
  auto names = os::list_folder(folder->view());
  std::erase_if(names, [&](const std::string& each) {
    return !is_title_with_hash(each, stem_of_title(name));
  });
  if (names.size() != 1) return std::nullopt;
  const auto places = places_of_name(names.front(), name, around);
  if (!places || !os::exists(places->log_dir)) return std::nullopt;
  return target_at(*places, {});
}

std::expected<Target, Trouble> target_of_name(const std::string& name, const Wish& wish) {
  if (name.empty() || name.find('/') != std::string::npos) {
    return std::unexpected(
        Trouble{exit_usage, "\"" + printable(name) + "\" is no name of a supervisor"});
  }
  for (const Surroundings* around : {&wish.around, &wish.root}) {
    auto names = supervisors_of(*around);
    const bool exact = std::ranges::find(names, name) != names.end();
    std::erase_if(names, [&](const std::string& each) {
      return exact ? each != name : !is_title_with_hash(each, stem_of_title(name));
    });
    if (names.empty()) continue;
    if (names.size() > 1) {
      return std::unexpected(Trouble{exit_usage, "several supervisors are called \"" + name +
                                                     "\": " + joined(names) +
                                                     "; give one of these"});
    }
    const auto places = places_of_name(names.front(), name, *around);
    if (places) return target_at(*places, {});
  }
  if (auto gone = target_of_logs(name, wish.around)) return std::move(*gone);
  return std::unexpected(Trouble{exit_no_supervisor, "there is no supervisor \"" + printable(name) +
                                                         "\"; " + those_that_run(wish)});
}

std::expected<Target, Trouble> target_of_folder(const Wish& wish) {
  if (const auto path = find_configuration(wish.folder, wish.around)) {
    return target_of_file(*path, wish);
  }
  if (const auto path = user_configuration(wish.root); os::exists(path)) {
    return target_of_file(path, {.around = wish.root, .root = wish.root});
  }
  return std::unexpected(Trouble{
      exit_no_supervisor, "no supervisor to talk to: there is no stayd.toml or Procfile in " +
                              printable(wish.folder) + " or its parents; " + those_that_run(wish)});
}

std::string nobody_there(const Target& target) {
  if (target.config.empty()) return "no supervisor is running for " + target.title;
  if (!target.is_guess) {
    return "no supervisor is running for " + target.config + "; start it with stayd up";
  }
  return "no supervisor is running at the usual place for " + target.config +
         ", which is invalid (stayd check tells why), so that another place that it may name is "
         "not known; STAYD_SOCKET can name its control socket";
}

}  // namespace

int report(const Trouble& trouble) {
  complain(trouble.message);
  return trouble.exit_code;
}

std::optional<std::string> find_configuration(const std::string& folder,
                                              const Surroundings& around) {
  for (std::string at = folder; !at.empty(); at = parent_of(at)) {
    if (auto path = configuration_in(at)) return path;
    if (at == "/") break;
  }
  auto path = user_configuration(around);
  if (path.empty() || !os::exists(path)) return std::nullopt;
  return path;
}

std::vector<std::string> supervisors_of(const Surroundings& around) {
  // Without a place for runtime folders each is in a state folder.
  const auto root = around.runtime_home.empty() ? state_root(around) : runtime_root(around);
  const auto folder = os::open_folder(root);
  if (!folder) return {};
  auto names = os::list_folder(folder->view());
  std::erase_if(names, [&](const std::string& name) {
    const auto places = places_of_name(name, name, around);
    return !places || !os::exists(control_socket_in(places->runtime_dir));
  });
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> running_supervisors_of(const Surroundings& around) {
  auto names = supervisors_of(around);
  std::erase_if(names, [&](const std::string& name) {
    const auto places = places_of_name(name, name, around);
    const auto tried = os::start_connect_unix(control_socket_in(places->runtime_dir));
    // Another refusal comes of one that is there: it is busy, or we may not.
    return !tried && (tried.error().number == ECONNREFUSED || tried.error().number == ENOENT);
  });
  return names;
}

std::expected<Target, Trouble> find_target(const Wish& wish) {
  if (wish.file) {
    const auto path = os::absolute_path(*wish.file);
    if (const auto left = path ? std::nullopt : supervisor_of_gone(*wish.file, wish)) return *left;
    if (!path) return std::unexpected(Trouble{exit_configuration, path.error().message});
    return target_of_file(*path, wish);
  }
  if (wish.name) return target_of_name(*wish.name, wish);
  if (!wish.socket.empty()) return Target{.socket = wish.socket, .title = wish.socket};
  return target_of_folder(wish);
}

std::expected<Target, Trouble> find_target(const Arguments& arguments) {
  Wish wish{.socket = os::environment("STAYD_SOCKET"),
            .folder = os::current_folder(),
            .around = surroundings_here(),
            .root = surroundings_of_root()};
  if (const auto file = arguments.value("file")) wish.file = std::string(*file);
  if (const auto name = arguments.value("name")) wish.name = std::string(*name);
  return find_target(wish);
}

std::expected<control::Client, Trouble> connect_to(const Target& target) {
  auto client = control::Client::connect(target.socket);
  if (client) return std::move(*client);
  const auto& error = client.error();
  const auto of_what = target.config.empty() ? target.title : target.config;
  switch (error.number) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED: return std::unexpected(Trouble{exit_no_supervisor, nobody_there(target)});
    case EACCES:
    case EPERM:
      return std::unexpected(
          Trouble{exit_not_permitted, "not permitted to talk to the supervisor of " + of_what +
                                          ": " + error.message +
                                          "; its configuration can name you among [supervisor] "
                                          "operators or viewers"});
    default: return std::unexpected(Trouble{exit_no_supervisor, error.message});
  }
}

}  // namespace stayd::app
