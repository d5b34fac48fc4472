// SPDX-License-Identifier: Apache-2.0
// Reads a configuration: a file of any kind that stayd knows, or the options of `stayd run`, into a
// Spec or a list of everything that is wrong with it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/world.h"
#include "model/spec.h"

namespace stayd::config {

/// Decides the defaults of exit-when, when-supervisor-dies and log.to.
enum class Launch : std::uint8_t { foreground, background };

struct ReadOptions {
  std::string path;            ///< absolute; a file called Procfile, or *.procfile, is one
  std::string current_folder;  ///< absolute; files below it are shown relative to it
  Launch launch = Launch::foreground;
  std::string name;                             ///< overrides [supervisor] name
  std::vector<std::string_view> counts;         ///< "web=2,worker=1": replicas of services
  std::optional<model::RestartPolicy> restart;  ///< of every service
  bool check_only = false;  ///< what only this machine or user cannot do is a warning
};

struct Compiled {
  model::Spec spec;
  Diagnostics warnings;
  std::vector<std::string> files;  ///< that were read, absolute, the first one named
};

/// Every error at once (a syntax error alone), warnings among them, by file and line.
std::expected<Compiled, Diagnostics> read_configuration(World& world, const ReadOptions& options);

/// `stayd run`.
struct RunRequest {
  std::vector<std::pair<std::string_view, std::string_view>> options;  ///< Key::option and value
  std::vector<std::string> command;
  std::string name;            ///< of supervisor and service
  std::string current_folder;  ///< absolute
};
std::expected<Compiled, Diagnostics> read_run(World& world, const RunRequest& request);

}  // namespace stayd::config
