// SPDX-License-Identifier: Apache-2.0
// What a supervisor is called and where its folders are when its configuration does not say
// (docs/reference/config.md, "[supervisor]"). The one place that knows: `up` and `run` build the
// Spec with it, every other verb finds the supervisor with it.
//
//                 an ordinary user                                      root
//   runtime-dir   $XDG_RUNTIME_DIR/stayd/NAME                           /run/stayd/NAME
//   state-dir     $XDG_STATE_HOME/stayd/NAME (~/.local/state/...)       /var/lib/stayd/NAME
//   log-dir       STATE-DIR/log                                         /var/log/stayd/NAME
//
// Without XDG_RUNTIME_DIR it is /run/user/UID where that is ours, else STATE-DIR/run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stayd::app {

/// What the defaults depend on.
struct Surroundings {
  std::uint32_t uid = 0;
  std::string home;          ///< $HOME
  std::string runtime_home;  ///< where an ordinary user's runtime folders are; may be empty
  std::string state_home;    ///< $XDG_STATE_HOME, or made of `home`; empty when both are
  std::string config_home;   ///< $XDG_CONFIG_HOME, or made of `home`; empty when both are
};
/// Of this process. Relative paths in XDG variables are ignored, as their specification wants.
Surroundings surroundings_here();
/// Those of root, wherever we are.
Surroundings surroundings_of_root();

struct Places {
  std::string name;         ///< of folders and cgroup
  std::string title;        ///< what a person sees first
  std::string runtime_dir;  ///< absolute, as are the next two
  std::string state_dir;
  std::string log_dir;
};

/// The folder's name: "shop" for "/srv/shop/stayd.toml".
std::string title_of_config(std::string_view config_path);
/// "shop": the title with what is no [A-Za-z0-9._-] as '-', in front (as '.' and '-' there) as '_'.
std::string stem_of_title(std::string_view title);
/// "shop-3fa2c1": the title's stem, and 6 hex digits of the hash of the absolute path of the file.
std::string name_of_config(std::string_view config_path);

/// The defaults for a supervisor of this name. Fails when an ordinary user has neither
/// XDG_STATE_HOME nor HOME.
Result<Places> places_of_name(std::string_view name, std::string_view title,
                              const Surroundings& around);
/// The same for the absolute path of a configuration file that names nothing itself.
Result<Places> places_of_config(std::string_view config_path, const Surroundings& around);

/// Where all runtime folders of `around` are: ".../stayd"; empty when there is no such place.
std::string runtime_root(const Surroundings& around);
/// The same of the state folders.
std::string state_root(const Surroundings& around);
/// The log folder for a state-dir that the configuration names itself.
std::string log_dir_below(std::string_view state_dir);
std::string control_socket_in(std::string_view runtime_dir);

}  // namespace stayd::app
