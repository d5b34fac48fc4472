// SPDX-License-Identifier: Apache-2.0
#include "app/cli/configuration.h"

#include <algorithm>
#include <utility>

#include "app/cli/machine.h"
#include "app/cli/output.h"
#include "app/cli/target.h"
#include "config/documents.h"
#include "config/options.h"
#include "config/reader.h"
#include "os/files.h"

namespace stayd::app {
namespace {

Loaded loaded(std::expected<config::Compiled, config::Diagnostics> compiled) {
  if (!compiled) return std::unexpected(std::move(compiled).error());
  return Configuration{.spec = std::move(compiled->spec),
                       .warnings = std::move(compiled->warnings),
                       .files = std::move(compiled->files)};
}

std::unexpected<config::Diagnostics> no_configuration(std::string message) {
  config::Diagnostic one;
  one.problem = config::Problem::no_configuration;
  one.message = std::move(message);
  return std::unexpected(config::Diagnostics{std::move(one)});
}

config::Launch launch_of(Launch launch) {
  switch (launch) {
    case Launch::foreground: return config::Launch::foreground;
    case Launch::background: return config::Launch::background;
  }
  return config::Launch::foreground;
}

std::vector<Option> make_run_options() {
  std::vector<Option> options{
      {.name = "name", .value = "NAME", .meaning = "what it is called (the command's base name)"},
      {.name = "ready",
       .value = "HOW",
       .meaning = "notify, fd:3, tcp:ADDRESS:PORT, unix:PATH, http://..., exec:COMMAND, file:PATH, "
                  "delay:2s"}};
  for (const config::KeyOption& one : config::key_options()) {
    options.push_back({.name = one.key->option,
                       .value = config::short_phrase(one.key->type),
                       .meaning = one.key->meaning});
  }
  return options;
}

}  // namespace

Result<std::string> find_configuration() {
  const std::string folder = os::current_folder();
  if (folder.empty()) return failure("the current folder is not there any more");
  if (auto found = find_configuration(folder, surroundings_here())) return std::move(*found);
  return failure("there is no stayd.toml or Procfile in " + folder +
                 " or a folder above it, and no stayd.toml of yours; name one with -f FILE");
}

Loaded load_configuration(const LoadOptions& options) {
  Machine machine;
  const std::string folder = os::current_folder();
  std::string path = options.file;
  if (path.empty()) {
    auto found = find_configuration();
    if (!found) return no_configuration(found.error().message);
    path = std::move(*found);
  }
  return loaded(config::read_configuration(machine, {.path = config::join_path(folder, path),
                                                     .current_folder = folder,
                                                     .launch = launch_of(options.launch),
                                                     .name = options.name,
                                                     .counts = options.counts,
                                                     .restart = options.restart,
                                                     .check_only = options.check_only}));
}

int code_of(const config::Diagnostics& problems) {
  const bool only_options = std::ranges::all_of(problems, [](const config::Diagnostic& one) {
    return one.severity == config::Severity::warning || one.is_of_option();
  });
  return only_options ? exit_usage : exit_configuration;
}

void show_problems(const config::Diagnostics& problems) {
  if (problems.empty()) return;
  const auto colours =
      style_of(Stream::error).colours ? config::Colours::terminal : config::Colours::none;
  print_error(config::render(problems, colours));
}

std::span<const Option> run_options() {
  static const std::vector<Option> options = make_run_options();
  return options;
}

Loaded run_configuration(const Arguments& given, std::string_view name) {
  Machine machine;
  config::RunRequest request{.options = {},
                             .command = given.operand_strings(),
                             .name = std::string(name),
                             .current_folder = os::current_folder()};
  for (const Option& option : run_options()) {
    if (option.name == "name") continue;
    for (const auto value : given.values(option.name)) {
      request.options.emplace_back(option.name, value);
    }
  }
  return loaded(config::read_run(machine, request));
}

}  // namespace stayd::app
