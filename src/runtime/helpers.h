// SPDX-License-Identifier: Apache-2.0
// Commands that run in a service's context beside its main process: stop-command, reload-command,
// exec probes. Few at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "os/epoll.h"
#include "os/process.h"
#include "os/spawn.h"
#include "runtime/reaper.h"
#include "runtime/token.h"

namespace stayd::runtime {

enum class HelperKind : std::uint8_t { stop_command, reload_command, probe };

struct Helper {
  HelperKind kind = HelperKind::probe;
  InstanceId instance = no_instance;
  RunId run = no_run;
};

class Helpers {
 public:
  Helpers(os::Epoll& epoll, Reaper& reaper) : epoll_(epoll), reaper_(reaper) {}

  Status add(const Helper& helper, os::Spawned process);
  struct Ended {
    Helper helper;
    core::LastExit exit;
  };
  /// The one that the token speaks of has ended, and is reaped.
  std::optional<Ended> ready(const Token& token);
  /// Whether it is the process of one.
  [[nodiscard]] bool has(std::int32_t pid) const;
  /// SIGKILL to those of a run; they are still reaped.
  void kill(InstanceId instance, RunId run);
  /// SIGKILL to one kind of it.
  void kill(InstanceId instance, RunId run, HelperKind kind);

 private:
  struct Entry {
    Helper helper;
    os::Spawned process;
    std::uint64_t generation = 0;
  };
  os::Epoll& epoll_;
  Reaper& reaper_;
  std::vector<Entry> entries_;  ///< free ones have no process
  std::uint64_t next_generation_ = 1;
};

}  // namespace stayd::runtime
