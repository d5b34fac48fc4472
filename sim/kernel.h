// SPDX-License-Identifier: Apache-2.0
// The simulated kernel: processes that live, get ready, ignore TERM, leave children behind and die
// late, all by chance. It carries out the core's actions and checks what no state of the core can
// show: that an instance never has two lives at once, that "released" means empty, that nothing is
// left when the supervisor leaves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/action.h"
#include "core/catalog.h"
#include "core/event.h"
#include "sim/agenda.h"
#include "sim/random.h"

namespace stayd::sim {

/// One run, as the world has it. `released`: there is none.
struct Run {
  RunId run{};
  bool released = true;
  bool main_alive = false;
  bool rest_alive = false;  ///< what it forked and left behind
  bool ignores_term = false;
  bool rest_ignores_term = false;
  bool shrugs_off_kill = false;  ///< the next kill misses it, as a fork in the same moment does
  bool watched = false;          ///< by the readiness probe
  bool is_ready = false;
  bool awaited = false;  ///< await_empty is in force
  bool started = false;  ///< the spawn worked
  bool told_up = false;  ///< spawned was told, no exit yet
  bool told_exit = false;
  bool killed = false;
  std::int32_t exit = 0;
  Instant asked_to_stop = Instant::never();
  [[nodiscard]] bool empty() const { return !main_alive && !rest_alive; }
};

class Kernel {
 public:
  Kernel(const core::Catalog& catalog, Agenda& agenda, Random& random)
      : catalog_(catalog), agenda_(agenda), random_(random), runs_(catalog.instance_count()) {}

  /// From now on nothing fails: what is started becomes ready, tasks complete, daemons stay.
  void calm_down(Instant now);
  /// nullptr, or the law that the action breaks.
  const char* execute(const core::Action& action, Instant now);
  /// The world's part of a happening.
  void happens(const Item& item, Instant now);
  /// The event that a told happening is.
  core::Event told(const Item& item);
  /// A new supervisor: what was about to be told is not, and it will ask again.
  void take_over();
  /// What the new supervisor finds out about a run that the ledger has as alive; nothing more than
  /// one event each for the main process and the rest.
  void find_facts(InstanceId id, const core::InstanceState& ledger,
                  std::vector<core::Event>& facts);
  [[nodiscard]] const Run& run(InstanceId id) const { return runs_[index_of(id)]; }
  [[nodiscard]] bool all_empty() const;
  /// Something of an instance has been asked to stop and neither died nor was killed in time.
  [[nodiscard]] const char* overdue_stop(Instant now) const;
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  /// Ends everything without a word: the machine of a supervisor that has left.
  void reset();

 private:
  const char* spawn(const core::Action& action, Instant now);
  void plan_life(InstanceId id, Instant now);
  void plan_end(InstanceId id, Instant now);
  void signal(InstanceId id, std::int32_t number, Instant now);
  void stop_command(InstanceId id, Instant now);
  void kill(InstanceId id, Instant now);
  void look_whether_empty(InstanceId id, Instant now);
  void add(Happening happening, InstanceId id, Instant at, std::int32_t value = 0);
  [[nodiscard]] const core::Rules& rules(InstanceId id) const {
    return catalog_.rules(catalog_.service_of(id));
  }

  const core::Catalog& catalog_;
  Agenda& agenda_;
  Random& random_;
  std::vector<Run> runs_;
  std::uint32_t generation_ = 1;
  bool calm_ = false;
};

/// Exit code, or the negative signal number, as the agenda carries it.
core::LastExit exit_of(std::int32_t value);

}  // namespace stayd::sim
