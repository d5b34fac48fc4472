// SPDX-License-Identifier: Apache-2.0
// From a configuration on disk, or the options of `stayd run`, to a Spec: what `up`, `run` and
// `check` call. Reads files, users, groups and PATH through os/; the reading itself is config/.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/arguments.h"
#include "base/result.h"
#include "config/diagnostics.h"
#include "model/spec.h"

namespace stayd::app {

/// Decides the defaults of exit-when, when-supervisor-dies and log.to.
enum class Launch : std::uint8_t { foreground, background };

struct LoadOptions {
  std::string file;  ///< -f FILE; empty: the file found by find_configuration
  Launch launch = Launch::foreground;
  std::string name;                             ///< --name: overrides [supervisor] name
  std::vector<std::string_view> counts;         ///< -m web=2,worker=1: replicas of services
  std::optional<model::RestartPolicy> restart;  ///< --restart: of every service
  bool check_only = false;  ///< what only this machine or user cannot do is a warning
};

struct Configuration {
  model::Spec spec;
  config::Diagnostics warnings;
  std::vector<std::string> files;  ///< that were read, absolute, the first one named
};

/// A Configuration, or every error at once (and the warnings); the caller prints them by
/// config::render and ends with code_of.
using Loaded = std::expected<Configuration, config::Diagnostics>;

Loaded load_configuration(const LoadOptions& options);
/// exit_usage where nothing but options ("-m", "--name") is wrong, else exit_configuration.
int code_of(const config::Diagnostics& problems);
/// Errors and warnings on standard error, as config::render has them.
void show_problems(const config::Diagnostics& problems);

/// The file that is used when none is named: stayd.toml, then Procfile, in this folder, then in its
/// parents; then $XDG_CONFIG_HOME/stayd/stayd.toml or, for root, /etc/stayd/stayd.toml. Absolute;
/// the Error lists where was looked.
Result<std::string> find_configuration();

/// The options of `stayd run`, for its Syntax: they mirror the keys of the configuration (made from
/// the same table, config/keys.h), and --name.
std::span<const Option> run_options();

/// The Spec of `stayd run`: one service, in this folder, with all of the environment, its output on
/// the console and in a file, its status passed on. `given` was parsed with run_options(), its
/// operands are the command. `name` is the supervisor's and the service's.
/// Problem::command_not_found and command_not_executable are told apart.
Loaded run_configuration(const Arguments& given, std::string_view name);

}  // namespace stayd::app
