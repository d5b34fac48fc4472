// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace stayd::app {

enum class Dialect : std::uint8_t { stayd, tini, dumb_init };

/// What an option of any dialect asks for instead of running a command.
enum class InitRequest : std::uint8_t { run, help, version, license };

struct InitOptions {
  Dialect dialect = Dialect::stayd;
  InitRequest request = InitRequest::run;
  bool own_session = true;       ///< dumb-init's way with the terminal; else tini's
  bool single_child = false;     ///< dumb-init -c: the child stays in our process group
  bool to_group = true;          ///< signals go to all of the child's process group
  bool subreaper = false;        ///< tini -s
  bool warn_of_reaping = false;  ///< tini -w
  int verbosity = 0;
  int parent_death_signal = 0;     ///< tini -p
  std::bitset<256> success_codes;  ///< tini -e: become 0
  /// dumb-init -r: what a signal becomes; 0: it is not passed on.
  std::array<std::uint8_t, 65> rewrite{};
  std::array<bool, 65> is_rewritten{};
  std::span<char* const> command;  ///< a null pointer follows
};

/// Options end at the first word that is none, or at `--`. Environment: TINI_SUBREAPER,
/// TINI_KILL_PROCESS_GROUP, TINI_VERBOSITY; DUMB_INIT_SETSID=0, DUMB_INIT_DEBUG=1. The Error is one
/// clause about what is wrong.
Result<InitOptions> parse_init_options(Dialect dialect, std::span<char* const> arguments);

}  // namespace stayd::app
