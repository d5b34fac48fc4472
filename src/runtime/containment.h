// SPDX-License-Identifier: Apache-2.0
// What keeps a run together, so that "stopped" means that nothing of it is left.
//
//   cgroup         a leaf of its own for each run, `<own cgroup>/stayd.<name>/<instance>.<n>`:
//                  frozen and killed as one, empty when cgroup.events says so
//   processes      no cgroup is to be had: the session that the main process began, its
//   descendants,
//                  and what has its STAYD_RUN and STAYD_INSTANCE in the environment. Looked for
//                  below the keeper only: it is a subreaper, nothing of ours can leave it
//   pid-namespace  as `processes`, with a keeper that is PID 1: its end is the end of everything
//
// A leaf is used again by the same instance while it is empty and was never killed. One that was
// killed is not: kernels from 6.14 on kill at birth whatever is cloned into it. That a stranger has
// killed it shows at the next start (LaunchFailure::wants_another_leaf). Leaves are held by
// name; only a few that were used last stay open.
//
// The base is locked (flock), so that of all supervisors that would have the same one only the
// first begins. The keeper holds a copy of the locked descriptor, over a supervisor's death. Only
// we may open the base for reading: whoever can, can lock it.
//
// Passive: the loop tells it what happens and asks settle() once a batch what has become empty.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/descriptors.h"
#include "os/cgroup.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "runtime/process_walk.h"

namespace stayd::runtime {

enum class ContainmentMode : std::uint8_t { cgroup, processes, pid_namespace };
/// As status and doctor say it: "cgroup", "processes", "pid-namespace".
const char* word(ContainmentMode mode);

/// The leaf of an instance, as its record in the ledger has it.
struct Leaf {
  std::uint32_t number = 0;  ///< 0: none
  bool killed = false;       ///< never to be used again
};

/// A leaf's folder, for as long as somebody starts something in it.
using LeafFolder = std::shared_ptr<const os::Cgroup>;

/// A run as its caller knows it.
struct ContainedRun {
  InstanceId instance = no_instance;
  RunId run = no_run;
  std::string_view name;       ///< of the instance
  Leaf leaf;                   ///< as prepare() left it
  std::int32_t first_pid = 0;  ///< pid that its main process had from birth, also when it is
                               ///< reaped; it is the number of the run's session too
  os::FdView process;          ///< pidfd of the main process; invalid once it is reaped
};

struct EmptiedRun {
  InstanceId instance = no_instance;
  RunId run = no_run;
};

/// To whom a process belongs, as far as can be told. Empty name: nobody of ours.
struct Owner {
  std::string instance;
  RunId run = no_run;      ///< from its environment; no_run: not known
  std::uint32_t leaf = 0;  ///< from its cgroup; 0: not known
  std::int32_t session = 0;
};

enum class LeafUse : std::uint8_t { kept, over };

class Containment {
 public:
  struct Setting {
    std::string name;             ///< of the supervisor
    std::int32_t keeper = 0;      ///< pid of the process below which all of ours is
    std::uint32_t next_leaf = 1;  ///< from the ledger after a take-over
    bool take_over = false;  ///< else leaves that are there are of a supervisor that is no more
    /// Whether a pid is the main process of a run that is alive.
    std::function<bool(std::int32_t)> is_main{};
  };

  /// Finds the best way that this machine and these rights allow. Where it is not the cgroup,
  /// reason() says why. Tests with `spawner` whether a cgroup can be spawned into (our own may be
  /// marked by an earlier cgroup.kill). Of a supervisor that is no more, everything is killed; one
  /// that is there is waited for a moment, and then left alone (claimed()).
  static Containment create(Setting setting, os::Spawner& spawner);

  [[nodiscard]] ContainmentMode mode() const { return mode_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Not the cgroup, although there is one that we may use: reason() is no matter of rights.
  [[nodiscard]] bool is_degraded() const { return degraded_; }
  /// Absolute path of the base cgroup; empty without one.
  [[nodiscard]] const std::string& path() const { return base_.path(); }
  /// An Error (EBUSY): another supervisor of our name is there, and nothing may be begun.
  [[nodiscard]] Status claimed() const { return claimed_; }
  /// The base cgroup's folder, for the keeper to hold; invalid when it does. It is another one when
  /// the count has changed (somebody removed it).
  [[nodiscard]] os::FdView base() const { return keeper_has_base_ ? os::FdView() : base_.fd(); }
  [[nodiscard]] std::uint32_t base_count() const { return base_count_; }
  /// For the ledger.
  [[nodiscard]] std::uint32_t next_leaf() const { return setting_.next_leaf; }
  /// How many cgroups of an earlier supervisor were found with processes in them, and killed.
  [[nodiscard]] std::uint32_t killed_at_start() const { return killed_at_start_; }

  /// Before a start: the cgroup to be born in, to be held until the spawn is over. `leaf` is the
  /// instance's last one or empty, and is set. Without cgroups: null.
  Result<LeafFolder> prepare(std::string_view instance, Leaf& leaf);

  /// To every process of the run.
  void signal_all(const ContainedRun& run, int signal);
  /// TERM, and CONT so that it is heard.
  void terminate_rest(const ContainedRun& run);
  /// SIGKILL to everything, main process included, whatever it forks and whether or not it is
  /// frozen; goes on until nothing is left. `leaf` becomes killed.
  void kill(const ContainedRun& run, Leaf& leaf);

  /// The main process is gone: settle() says when the rest is.
  void await_empty(const ContainedRun& run);
  /// A child of ours that is no main process has been reaped: what is awaited may be empty now.
  void orphan_reaped() { look_again_ = true; }
  /// fd() is readable.
  void ready();
  /// Appends the runs of which nothing is left, each once. To be called after each batch, and at
  /// next_deadline().
  void settle(Instant now, std::vector<EmptiedRun>& into);
  [[nodiscard]] Instant next_deadline() const { return deadline_; }
  /// To be watched for being readable; invalid without cgroups.
  [[nodiscard]] os::FdView fd() const;

  /// The run is over: forgets it. A leaf that is not kept for the next run or for remove_all, or
  /// that was killed, is removed, and `leaf` emptied.
  void release(const ContainedRun& run, Leaf& leaf, LeafUse use);
  /// At the supervisor's very end: removes all leaves and the base.
  void remove_all();

  /// Whether `pid` belongs to the run; `process` is its pidfd, if there is one: then the answer is
  /// right even if it has ended since.
  [[nodiscard]] bool has(const ContainedRun& run, std::int32_t pid, os::FdView process) const;
  [[nodiscard]] Owner owner_of(std::int32_t pid) const;
  /// Whether the memory controller counted an OOM kill in the run's leaf.
  [[nodiscard]] bool has_oom_kill(const ContainedRun& run) const;

 private:
  /// A run that is awaited or being killed, or (without instance) a leaf to be removed once empty.
  struct Waiting {
    InstanceId instance = no_instance;
    RunId run = no_run;
    std::string name;  ///< of the leaf, or without one of the instance
    std::int32_t session = 0;
    std::int32_t watch = -1;
    bool in_leaf = false;
    bool main_gone = false;
    bool awaited = false;
    bool killing = false;  ///< not done by one stroke: again at each look
    bool looked_at = false;
    bool unsure = false;  ///< the last look failed, or is to be confirmed
    int to_confirm = 0;   ///< without a leaf: looks that must find nothing, as one found something
    std::uint8_t torn_looks = 0;    ///< that found nothing, one after the other
    std::vector<SeenProcess> seen;  ///< without a leaf: at the last look
    bool over = false;
    [[nodiscard]] WalkSubject subject() const {
      return {
          .instance = name, .run = run, .session = session, .main_gone = main_gone, .seen = seen};
    }
  };
  struct Base {
    os::Cgroup folder;
    bool locked = false;  ///< by us
  };
  enum class Stroke : std::uint8_t { complete, to_be_repeated };

  explicit Containment(Setting setting) : setting_(std::move(setting)) {}
  Status open_base(os::Spawner& spawner);
  Status claim_base();
  [[nodiscard]] Result<Base> find_base() const;
  [[nodiscard]] std::unexpected<Error> in_use(const Base& base) const;
  Status test_base(os::Spawner& spawner);
  void clear_leftovers();
  [[nodiscard]] bool uses_leaf(const ContainedRun& run) const {
    return mode_ == ContainmentMode::cgroup && run.leaf.number != 0;
  }
  Result<LeafFolder> create_leaf(std::string_view instance, Leaf& leaf);
  LeafFolder reuse_leaf(std::string_view instance, const Leaf& leaf);
  [[nodiscard]] bool is_in_leaf(const ContainedRun& run, std::int32_t pid) const;
  [[nodiscard]] Owner owner_in_cgroup(std::int32_t pid) const;
  void remove_leaf(const std::string& leaf);
  Stroke kill_leaf(const std::string& leaf);
  Waiting& waiting_for(const ContainedRun& run);
  void watch(Waiting& entry);
  void forget(InstanceId instance, RunId run);
  void conclude(Waiting& entry);
  void settle_leaves();
  void settle_processes();
  void stop_what_is_killed(ProcessWalk& walk);
  [[nodiscard]] bool has_stray(ProcessWalk& walk) const;
  void set_deadline(Instant now, bool was_due);

  Setting setting_;
  ContainmentMode mode_ = ContainmentMode::processes;
  std::string reason_;
  bool degraded_ = false;
  Status claimed_;
  os::Cgroup own_;
  os::Cgroup base_;
  bool keeper_has_base_ = false;
  std::string base_name_;  ///< as /proc/PID/cgroup has it
  std::optional<os::CgroupWatch> watch_;
  bool has_cgroup_kill_ = false;
  os::RecentChildren recent_{model::open_leaves(os::descriptor_limit())};
  bool has_memory_events_ = false;  ///< leaves have, where somebody has enabled the controller
  std::uint32_t base_count_ = 0;
  std::uint32_t killed_at_start_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<EmptiedRun> emptied_;  ///< not told yet
  /// Leaves seen to be empty at settled_at_: only we put something in, so they still are.
  std::vector<std::uint32_t> just_empty_;
  Instant settled_at_{};
  bool look_again_ = false;
  int looks_ = 0;  ///< by time, one after the other
  Instant deadline_ = Instant::never();
};

/// The number n of "web@2.n"; 0 if it is no leaf of ours.
std::uint32_t leaf_number(std::string_view name);

}  // namespace stayd::runtime
