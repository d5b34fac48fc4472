// SPDX-License-Identifier: Apache-2.0
// The keeper's state, and its loop: supervisor, link and signals.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "app/keeper/outbox.h"
#include "app/keeper/pacer.h"
#include "base/result.h"
#include "base/time.h"
#include "model/spec.h"
#include "os/fd.h"
#include "os/process.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "runtime/keeper_link.h"
#include "runtime/ledger.h"

namespace stayd::app {

/// Writes "stayd: <text>\n" to standard error if that does not make us wait.
void say(const std::string& text);

/// What the keeper needs of the Spec.
struct KeeperSettings {
  std::string name;
  std::string runtime_dir;
  model::WhenSupervisorDies when_supervisor_dies = model::WhenSupervisorDies::kill;
  bool foreground = false;
};

class Keeper {
 public:
  /// Takes what the command line handed over (keeper.h). Signals are blocked already.
  static Result<Keeper> create();
  /// Until nothing is left: the exit status.
  int run();

 private:
  struct Supervisor {
    os::Fd process;  ///< pidfd; invalid: none is running
    std::int32_t pid = 0;
    os::Fd link;  ///< invalid once the supervisor has closed its end
    bool resumed = false;
    std::optional<int> leaving;
  };

  Keeper(os::SignalFd signals, os::Spawner spawner, runtime::Ledger ledger)
      : signals_(std::move(signals)), spawner_(std::move(spawner)), ledger_(std::move(ledger)) {}

  Result<os::Spawned> spawn_supervisor(os::FdView link);
  Status start_supervisor();
  Status welcome(os::FdView link);

  void wait();
  void read_requests();
  void handle(runtime::LinkReceived received);
  void hold(runtime::LinkReceived& received);
  void answer(runtime::LinkMessage message);
  void peek(std::int32_t pid);
  void peek_any();
  /// The status to end with, if it is time to.
  std::optional<int> look_at_supervisor();
  std::optional<int> supervisor_died(const os::ExitStatus& exit, Pacer::Life life);
  void start_again();
  std::optional<int> read_signals();
  std::optional<int> handle_signal(const os::SignalInfo& signal);

  void report(std::string_view line);
  int cannot_start(const Error& error);
  /// Nothing below us is left, nor what we had in the runtime folder.
  void take_down();
  void remove_cgroup();
  void remove_files() const;
  [[nodiscard]] os::Fd& held(runtime::Held what) { return held_[static_cast<std::size_t>(what)]; }

  os::SignalFd signals_;
  os::Spawner spawner_;
  runtime::Ledger ledger_;
  KeeperSettings settings_;
  std::array<os::Fd, runtime::held_count> held_;
  os::Fd lock_;
  os::Fd report_;
  Supervisor supervisor_;
  Outbox outbox_;
  Pacer pacer_;
  std::uint64_t generation_ = 0;
  Instant start_at_ = Instant::never();  ///< when the next supervisor is due
};

}  // namespace stayd::app
