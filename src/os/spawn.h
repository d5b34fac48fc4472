// SPDX-License-Identifier: Apache-2.0
// Starting a process: a flat plan made before, one clone, and a child side (child_side.cc) that
// only makes system calls between clone and exec.
//
// The child shares our memory until exec (CLONE_VM), so it writes its failing step and errno
// straight into the plan. It need not be waited for: while it executes, what the next start needs
// can be made. It shares our descriptor table (CLONE_FILES) until it makes a private one of the
// first `table_slots` entries by close_range(CLOSE_RANGE_UNSHARE): a start does not copy thousands
// of entries. For that, slots 3 to table_slots - 1 of our own table are occupied for ever
// (SpawnSlots), and what the child is to have is put there before the clone.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/spawn_slots.h"
#include "os/fd.h"

namespace stayd::os {

/// What the child does, in this order; the failing one is reported.
enum class SpawnStep : std::uint8_t {
  none,
  clone,
  private_table,
  cgroup,
  signals,
  session,
  descriptors,
  limits,
  oom_score,
  nice_value,
  umask_value,
  groups,
  group_id,
  user_id,
  verify_ids,
  directory,
  execute
};
/// "setting the user", "entering the directory", ...
const char* phrase(SpawnStep step);
/// The number of step `cgroup` for a child that was killed before its first instruction. Kernels
/// from 6.14 do that to what is cloned (CLONE_INTO_CGROUP) into a cgroup that has ever had
/// cgroup.kill written to it, or from one that has.
inline constexpr int killed_at_birth = ECANCELED;
/// Why the step failed with `number`, an errno.
std::string reason(SpawnStep step, int number);

struct PlannedDescriptor {
  FdView from;  ///< in our table
  int to = 0;   ///< in the child's
};
struct PlannedLimit {
  int resource = 0;
  std::uint64_t soft = 0, hard = 0;
};

/// Borrows everything it points to. Trivially destructible.
struct SpawnPlan {
  const char* executable = nullptr;  ///< absolute path; or nullptr with executable_fd (O_PATH)
  FdView executable_fd;
  char* const* arguments = nullptr;  ///< NULL-terminated
  char* const* environment = nullptr;
  const char* directory = nullptr;  ///< nullptr: ours
  std::span<const PlannedDescriptor>
      descriptors;  ///< everything that the child has, 0 to 2 included
  std::span<const PlannedLimit> limits;
  bool session = true;  ///< setsid; else a process group of its own
  bool set_ids = false;
  std::uint32_t uid = 0, gid = 0;
  std::span<const std::uint32_t> groups;
  std::int32_t umask_value = 022;  ///< -1: as ours
  bool set_nice = false;           ///< false: 0, as far as we may
  std::int32_t nice_value = 0;
  bool set_oom_score = true;
  std::int32_t oom_score = 0;
  bool oom_score_declared = false;  ///< false: not being allowed to set it is no failure
  bool keep_signals = false;        ///< our own helpers: mask, dispositions and scheduling as ours
  FdView cgroup;                    ///< directory of the cgroup to be born in; invalid: ours
  std::int32_t* pid_at = nullptr;   ///< the kernel writes the pid here before the child runs; 0
                                    ///< again when spawn fails
  bool local_executable = true;     ///< false (FUSE, NFS): copy-on-write clone, so that a child
                                    ///< stuck in exec does not hold us; see Spawner::spawn

  // Written by the child or by spawn:
  volatile SpawnStep failed_step = SpawnStep::none;
  volatile std::int32_t failed_number = 0;  ///< errno
  volatile std::int32_t failed_detail = 0;  ///< which one: descriptor, resource, group
};

struct Spawned {
  std::int32_t pid = 0;
  Fd process;  ///< pidfd
};

/// Which way the kernel lets us, remembered after the first refusal; shown by doctor.
enum class SpawnWay : std::uint8_t { clone3, clone, fork };
enum class CgroupWay : std::uint8_t { clone_into, write_procs };
struct SpawnAbilities {
  SpawnWay way = SpawnWay::clone3;
  CgroupWay cgroup_way = CgroupWay::clone_into;
  bool shared_table = true;  ///< false: RLIMIT_NOFILE too small, or close_range refused
  int refusal = 0;           ///< errno that made us fall back; 0: none
};

/// What a start of ours passes on to children although a service shall not have it (nice value, I/O
/// priority, timer slack, personality, OOM score, ignored signals): looked at once, reset in the
/// child where it is not the default. CPU affinity is left alone: who limits stayd means its
/// services too.
struct InheritedTraits {
  bool nice = false, io_priority = false, timer_slack = false, personality = false;
  bool oom_score_known = false;
  std::int32_t oom_score = 0;
  std::uint64_t ignored_signals = 0;  ///< bit n - 1: signal n; our own ignored ones among them
};

struct SpawnManner;
class SpawnAttempt;

class Spawner {
 public:
  Spawner(Spawner&&) noexcept;
  Spawner& operator=(Spawner&&) noexcept;
  ~Spawner();

  /// Occupies the slots, makes the child's stack, and sets close-on-exec on every descriptor above
  /// 2, those that were inherited included. Call once, early, in a process without threads, after
  /// its own nice value, OOM score and ignored signals are set.
  static Result<Spawner> create();
  /// Starts one process. On a failure before exec the child is reaped already and `plan.failed_*`
  /// say which step; the Error is that step's clause ("setting the user: Operation not permitted").
  /// An executable that is not local is waited for 100 ms: a failure to execute that comes later
  /// is the exit of a running process, with 127 (not found) or 126.
  Result<Spawned> spawn(SpawnPlan& plan);
  /// The same in two halves, so that some children execute beside each other and beside us. The
  /// plan, and all that it points to, must stay as it is until finish, which ends the start that
  /// was begun first.
  static constexpr std::size_t most_under_way = 4;
  void begin(SpawnPlan& plan);
  Result<Spawned> finish();
  [[nodiscard]] const SpawnAbilities& abilities() const { return abilities_; }
  /// Must not use CLONE_INTO_CGROUP from now on.
  void distrust_clone_into_cgroup() { abilities_.cgroup_way = CgroupWay::write_procs; }

 private:
  friend class SpawnAttempt;
  Spawner();
  void remember(const SpawnManner& manner, int refusal);

  SpawnAbilities abilities_;
  InheritedTraits inherited_;
  bool dumpable_ = true;                        ///< PR_GET_DUMPABLE at the beginning
  std::array<char*, most_under_way> stacks_{};  ///< for all of the process's life
  std::array<std::unique_ptr<SpawnAttempt>, most_under_way> under_way_;  ///< a ring
  std::size_t first_under_way_ = 0, under_way_count_ = 0;
};

/// Whether a failed spawn may work later: EAGAIN, ENOMEM, EMFILE, ENFILE, ENOSPC, ETXTBSY, EINTR.
bool is_transient(int number);
/// Whether `path` is on a local file system (statfs(2)): not FUSE, NFS, SMB, 9p.
bool is_local(const char* path);

}  // namespace stayd::os
