// SPDX-License-Identifier: Apache-2.0
// Which supervisor a verb talks to: -f FILE or --name NAME, else $STAYD_SOCKET, else the one whose
// configuration is in this folder or a parent, then the user's, then root's.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/places.h"
#include "control/client.h"

namespace stayd::app {

/// Why a verb cannot go on: what to say, and the exit code to leave with.
struct Trouble {
  int exit_code = exit_failed;
  std::string message;
};
/// Says it; returns its exit code.
int report(const Trouble& trouble);

struct Target {
  std::string socket;     ///< path of the control socket; nothing may be listening there
  std::string log_dir;    ///< where it is without a running supervisor (a running one says it in
                          ///< Status); empty when only the socket is known ($STAYD_SOCKET)
  std::string title;      ///< what a person calls it
  std::string config;     ///< absolute path; empty when chosen by --name or $STAYD_SOCKET
  bool is_guess = false;  ///< the configuration is invalid: folders that it may name are not known
};

/// The configuration file that `up` takes when it is given none: stayd.toml, then Procfile, in
/// `folder`, then in its parents, then the user's stayd.toml. None: there is none.
std::optional<std::string> find_configuration(const std::string& folder,
                                              const Surroundings& around);

/// What decides, apart from the file system.
struct Wish {
  std::optional<std::string> file;  ///< -f
  std::optional<std::string> name;  ///< --name
  std::string socket;               ///< $STAYD_SOCKET
  std::string folder;               ///< where we are
  Surroundings around;
  Surroundings root;
};
std::expected<Target, Trouble> find_target(const Wish& wish);
/// From the verb's command line (Reach::supervisor) and this process.
std::expected<Target, Trouble> find_target(const Arguments& arguments);

/// Names of those that have a control socket at its usual place, in order.
std::vector<std::string> supervisors_of(const Surroundings& around);
/// Without those that are no more: a keeper that was killed leaves its folder behind.
std::vector<std::string> running_supervisors_of(const Surroundings& around);

/// Connects. exit_no_supervisor when nobody is there, exit_not_permitted when we may not.
std::expected<control::Client, Trouble> connect_to(const Target& target);

}  // namespace stayd::app
