// SPDX-License-Identifier: Apache-2.0
// From a service's configuration and the facts of one run to a SpawnPlan, and to a process.
//
// The pipes are made and on their way to the log writer before the process exists: whatever it
// prints has a reader that outlives us.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "core/state.h"
#include "model/spec_codec.h"
#include "os/cgroup.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "runtime/log_link.h"
#include "runtime/names.h"

namespace stayd::runtime {

/// What differs from run to run.
struct Launch {
  InstanceId instance = no_instance;
  RunId run = no_run;
  std::shared_ptr<const os::Cgroup> cgroup{};  ///< to be born in; null: ours
  std::string notify_path{};                   ///< NOTIFY_SOCKET; empty: none
  os::Fd ready_pipe{};                         ///< write end that the child gets at Probe::fd
  std::int32_t* pid_at = nullptr;              ///< zero; the kernel writes the pid there
};

/// Why there is no process.
struct LaunchFailure {
  core::LastFailure what;
  bool transient = false;
  std::string text;  ///< a clause: "setting the user: Operation not permitted"
  /// Its cgroup is good for nothing any more: somebody has killed or removed it.
  [[nodiscard]] bool wants_another_leaf() const;
  /// There are as many processes as there may be.
  [[nodiscard]] bool wants_room_for_process() const;
  static LaunchFailure of(os::SpawnStep step, Error error);
};

/// What of the supervisor's own past concerns every child.
struct Inheritance {
  std::uint64_t soft_descriptors = 0;  ///< RLIMIT_NOFILE before it was raised; 0: not known
  std::uint64_t hard_descriptors = 0;
  std::uint64_t soft_core = 0;  ///< RLIMIT_CORE before it was lowered
  std::uint64_t hard_core = 0;
  bool oom_score_is_zero = false;  ///< so that children need not write it
};

/// A start that has all it needs but the process.
struct PreparedStart {
  std::shared_ptr<const model::Service> service;
  Launch launch;
  os::Fd input;  ///< invalid: /dev/null, or our own
  RunOutputs outputs;
};

class Launcher {
 public:
  Launcher(os::Spawner& spawner, LogLink& logs, const Names& names, Inheritance inheritance)
      : spawner_(spawner), logs_(logs), names_(names), inheritance_(inheritance) {}
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// A start of the service's command has three parts, so that some go on beside each other: its
  /// pipes are made, the process is made, and it has executed (or failed).
  std::expected<PreparedStart, LaunchFailure> prepare(std::shared_ptr<const model::Service> service,
                                                      Launch launch);
  static constexpr std::size_t most_under_way = os::Spawner::most_under_way;
  void begin(PreparedStart start);
  /// Of the one that was begun first, which it gives back: after a failure it can be begun again.
  /// Until all are finished no command is started.
  std::expected<os::Spawned, LaunchFailure> finish(PreparedStart& begun);
  /// Starts another command in the service's context: its user, folder, environment, cgroup. Its
  /// output goes where the run's goes, if `log` has a stream for it, else nowhere.
  std::expected<os::Spawned, LaunchFailure> command(const model::Service& service,
                                                    const Launch& launch,
                                                    std::span<const std::string> arguments,
                                                    os::FdView output);

  /// Why a start of `execution` (null: not known) failed, from what the state holds of it: as a
  /// clause with the path that it speaks of.
  static std::string text_of(const core::LastFailure& failure,
                             const model::Execution* execution = nullptr);

 private:
  /// What a plan points to; kept from start to start for its memory.
  struct Words {
    std::vector<std::string> texts;
    std::vector<char*> environment;
    std::vector<char*> arguments;
    std::vector<os::PlannedLimit> limits;
  };
  struct UnderWay {
    std::optional<PreparedStart> start;
    Words words;
    std::array<os::PlannedDescriptor, 4> descriptors;
    os::SpawnPlan plan;
  };
  void make_environment(const model::Service& service, const Launch& launch, Words& words);
  static void make_arguments(std::span<const std::string> arguments, Words& words);
  void make_limits(const model::Execution& execution, Words& words);
  os::SpawnPlan make_plan(const model::Service& service, const Launch& launch,
                          const std::string& executable, Words& words);
  std::expected<os::Fd, LaunchFailure> open_stdin(const model::Execution& execution);
  static std::expected<os::Spawned, LaunchFailure> outcome(const os::SpawnPlan& plan,
                                                           Result<os::Spawned> spawned);
  [[nodiscard]] Status has_room(const RunOutputs& outputs) const;
  bool is_local(const std::string& executable);
  Result<os::FdView> null_device();

  os::Spawner& spawner_;
  LogLink& logs_;
  const Names& names_;
  Inheritance inheritance_;
  os::Fd null_;
  std::string local_executable_;                    ///< the last one that was found to be local
  std::array<UnderWay, most_under_way> under_way_;  ///< a ring
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace stayd::runtime
