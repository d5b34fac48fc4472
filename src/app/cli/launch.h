// SPDX-License-Identifier: Apache-2.0
// From a Spec to a running keeper: what `run` and `up` share.
//
//     folders and lock -> control socket -> Spec, ledger and executable as descriptors -> @keeper
//
// In the foreground this process becomes the keeper, so that its pid is the shell's job. In the
// background a keeper is started in a session of its own.
#pragma once

#include <cstdint>
#include <string>

#include "app/cli/configuration.h"
#include "base/result.h"
#include "model/spec.h"
#include "os/fd.h"
#include "os/process.h"

namespace stayd::app {

/// Everything that a keeper is handed (app/keeper/keeper.h).
struct Prepared {
  std::string name;
  std::string socket;  ///< path of the control socket; empty: there is none
  os::Fd lock;         ///< invalid: no folder can be written to
  os::Fd listener;     ///< invalid, as above
  os::Fd spec;
  os::Fd executable;
  os::Fd ledger;
};

/// Without any folder that can be written to, a supervisor in the foreground goes without control
/// socket and log files, and says so; one in the background cannot be spoken to, and is refused.
struct LaunchFolders {
  os::Fd lock;
  bool logs = true;
};
/// Makes the folders that the Spec names, and takes the lock: EBUSY when another has it.
Result<LaunchFolders> prepare_folders(const model::Supervisor& supervisor, Launch launch,
                                      Duration patience);
/// Everything else. `spec` loses its log files where `folders` has no place for them.
Result<Prepared> prepare(model::Spec spec, LaunchFolders folders);

/// Executes the keeper in place of this process: returns only on failure.
Error become_keeper(Prepared prepared);

struct BackgroundKeeper {
  os::Fd process;  ///< pidfd
  std::int32_t pid = 0;
  os::Fd report;    ///< read end of the report pipe
  os::Fd messages;  ///< read end of its standard error
};
/// Starts the keeper in a new session, its standard input and output /dev/null.
Result<BackgroundKeeper> start_keeper(Prepared prepared);

/// How many instances the Spec's services make.
std::uint32_t instance_count(const model::Spec& spec);

}  // namespace stayd::app
