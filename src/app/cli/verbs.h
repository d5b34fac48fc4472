// SPDX-License-Identifier: Apache-2.0
// The verbs. Each is one function in src/app/cli/VERB.cc, which gets what follows the verb and
// returns the exit code, and one Syntax beside it:
//
//     constexpr Option stop_options[] = {...};
//     const Syntax stop_syntax{.verb = "stop", .options = stop_options, ...};
//     int stop_main(std::span<char* const> arguments) {
//       auto given = parse_or_explain(stop_syntax, arguments);
//       if (!given) return given.error();
//       ...
//     }
//
// src/main.cc has the table of all of them, from which come help, suggestions and the reference.
#pragma once

#include <span>
#include <string_view>

#include "app/cli/arguments.h"

namespace stayd::app {

extern const Syntax run_syntax, up_syntax, down_syntax, init_syntax, start_syntax, stop_syntax,
    restart_syntax, reload_syntax, kill_syntax, status_syntax, logs_syntax, explain_syntax,
    wait_syntax, events_syntax, history_syntax, check_syntax, doctor_syntax, version_syntax,
    help_syntax;

int run_main(std::span<char* const> arguments);
int up_main(std::span<char* const> arguments);
int down_main(std::span<char* const> arguments);
int start_main(std::span<char* const> arguments);
int stop_main(std::span<char* const> arguments);
int restart_main(std::span<char* const> arguments);
int reload_main(std::span<char* const> arguments);
int kill_main(std::span<char* const> arguments);
int status_main(std::span<char* const> arguments);
int logs_main(std::span<char* const> arguments);
int explain_main(std::span<char* const> arguments);
int wait_main(std::span<char* const> arguments);
int events_main(std::span<char* const> arguments);
int history_main(std::span<char* const> arguments);
int check_main(std::span<char* const> arguments);
int doctor_main(std::span<char* const> arguments);
int version_main(std::span<char* const> arguments);
int help_main(std::span<char* const> arguments);

/// One row of the table in src/main.cc.
struct Verb {
  const Syntax* syntax = nullptr;
  int (*main)(std::span<char* const> arguments) = nullptr;
};

/// A process of ours that another one starts ("@keeper"): no verb for people, so help is silent.
struct InternalProcess {
  std::string_view name;
  int (*main)() = nullptr;
};

/// The whole table.
struct CommandLine {
  std::span<const Verb> verbs;
  std::span<const InternalProcess> processes;
  /// Called as tini or dumb-init: everything else is then their command line.
  int (*init)(std::string_view called_as, std::span<char* const> arguments) = nullptr;
};

/// Finds the verb and runs it: the exit code.
int dispatch(const CommandLine& table, std::span<char* const> words);
/// The table given to dispatch, for help and version.
const CommandLine& command_line();

}  // namespace stayd::app
