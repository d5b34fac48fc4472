// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <string>

#include "app/cli/launch.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"

namespace stayd::app {
namespace {

constexpr int most_namesakes = 1'000;

/// "sleepy" of "/opt/sleepy": what a service may be called.
std::string name_of_command(std::string_view command) {
  std::string name;
  for (char c : command.substr(command.rfind('/') + 1)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (fits || !name.empty()) name.push_back(fits ? c : '-');
  }
  constexpr std::size_t longest = 55;  // leaves room for "-2"
  name.resize(std::min(name.size(), longest));
  const bool begins_well = !name.empty() && name[0] != '.' && name[0] != '_';
  return begins_well ? name : "command";
}

int run_code_of(const config::Diagnostics& problems) {
  for (const config::Diagnostic& one : problems) {
    if (one.severity != config::Severity::error) continue;
    if (one.problem == config::Problem::command_not_found) return exit_not_found;
    if (one.problem == config::Problem::command_not_executable) return exit_not_executable;
    if (one.is_of_option()) return exit_usage;
  }
  return exit_own_failure;
}

int complain_of(const Error& error) {
  complain(error.message);
  return exit_own_failure;
}

/// Under the first name that nobody has: "sleepy", "sleepy-2", ...
int run_under_free_name(const Arguments& given, const std::string& wanted) {
  for (int number = 1; number <= most_namesakes; ++number) {
    const std::string name = number == 1 ? wanted : wanted + "-" + std::to_string(number);
    auto loaded = run_configuration(given, name);
    if (!loaded) {
      show_problems(loaded.error());
      return run_code_of(loaded.error());
    }
    show_problems(loaded->warnings);
    auto folders = prepare_folders(loaded->spec.supervisor, Launch::foreground, Duration{});
    if (!folders && folders.error().number == EBUSY && !given.has("name")) continue;
    if (!folders) return complain_of(folders.error());
    auto prepared = prepare(std::move(loaded->spec), std::move(*folders));
    if (!prepared) return complain_of(prepared.error());
    return complain_of(become_keeper(std::move(*prepared)));
  }
  complain("there are " + std::to_string(most_namesakes) + " supervisors called " + wanted +
           " already; choose another name with --name");
  return exit_own_failure;
}

}  // namespace

const Syntax run_syntax{
    .verb = "run",
    .operands = "-- COMMAND [ARGUMENT...]",
    .options = run_options(),
    .summary = "supervises one command in the foreground",
    .details =
        "The command is started again when it ends, and stopped, with all that it forked, when "
        "stayd\n"
        "goes. Its output goes to this terminal and into files; its exit status is passed on.\n"
        "No configuration is read: the options mirror its keys (stayd help config).",
    .least_operands = 1,
    .style = OperandStyle::command};

int run_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(run_syntax, arguments);
  if (!given) return given.error();
  const auto name = given->value("name");
  return run_under_free_name(
      *given, name ? std::string(*name) : name_of_command(given->operands().front()));
}

}  // namespace stayd::app
