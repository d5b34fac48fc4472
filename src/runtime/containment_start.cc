// SPDX-License-Identifier: Apache-2.0
// How containment finds out what it can do here.
#include <algorithm>
#include <cerrno>

#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "runtime/containment.h"

namespace stayd::runtime {

namespace {

constexpr const char* probe_name = "@probe";  // no instance can have it
constexpr std::uint32_t base_mode = 0711;
constexpr int most_races = 10;
/// For a supervisor that is just ending.
constexpr Duration claim_patience = seconds(1);
constexpr Duration between_tries = milliseconds(20);

std::string with_hint(const Error& error) {
  switch (error.number) {
    case EROFS: return error.message + " (cgroups are mounted read-only)";
    case EACCES:
    case EPERM: return error.message + " (the cgroup is not delegated to us)";
    default: return error.message;
  }
}

/// There is no cgroup v2 here, or not for us: as it is in many places.
bool is_not_to_be_had(int number) {
  return number == EROFS || number == EACCES || number == EPERM || number == ENOENT ||
         number == ENOTDIR || number == EOPNOTSUPP;
}

/// Starts something that cannot be executed, so that nothing runs: it fails in that last step, or
/// earlier, and then it says what cannot be done with the cgroup.
Status try_to_spawn_into(const os::Cgroup& cgroup, os::Spawner& spawner) {
  char name[] = "probe";
  char* arguments[] = {name, nullptr};
  char* environment[] = {nullptr};
  os::SpawnPlan plan{.executable = "/",
                     .arguments = arguments,
                     .environment = environment,
                     .set_oom_score = false,
                     .cgroup = cgroup.fd()};
  auto spawned = spawner.spawn(plan);
  if (spawned) {
    // It did not live to fail.
    os::reap(spawned->process.view());
    return failure("what is started in a cgroup here is killed at once");
  }
  if (plan.failed_step == os::SpawnStep::execute) return {};
  return std::unexpected(std::move(spawned).error());
}

}  // namespace

Containment Containment::create(Setting setting, os::Spawner& spawner) {
  Containment made(std::move(setting));
  if (Status opened = made.open_base(spawner); opened) {
    made.mode_ = ContainmentMode::cgroup;
    return made;
  } else {
    made.degraded_ = !is_not_to_be_had(opened.error().number);
    made.reason_ = with_hint(std::move(opened).error());
  }
  if (made.base_.valid()) (void)made.own_.remove_child("stayd." + made.setting_.name);
  made.base_ = {};
  made.base_name_.clear();
  made.watch_.reset();
  made.mode_ =
      made.setting_.keeper == 1 ? ContainmentMode::pid_namespace : ContainmentMode::processes;
  return made;
}

Status Containment::open_base(os::Spawner& spawner) {
  own_ = TRY(os::Cgroup::own());
  base_name_ = TRY(os::cgroup_of(os::own_pid()));
  base_name_ += (base_name_ == "/" ? "stayd." : "/stayd.") + setting_.name;
  TRY(claim_base());
  has_cgroup_kill_ = os::exists(base_.path() + "/cgroup.kill");
  // Without a watch (fs.inotify.max_user_instances) leaves are looked at from time to time.
  if (auto watch = os::CgroupWatch::create()) watch_ = std::move(*watch);
  TRY(test_base(spawner));
  if (!setting_.take_over) clear_leftovers();
  return {};
}

Status Containment::claim_base() {
  const Instant give_up = os::now() + claim_patience;
  for (;;) {
    Base base = TRY(find_base());
    if (base.locked || setting_.take_over) {  // at a take-over it is the keeper that has it
      keeper_has_base_ = !base.locked;
      base_ = std::move(base.folder);
      return {};
    }
    if (os::now() >= give_up) return claimed_ = in_use(base);
    os::nap(between_tries);
  }
}

/// Made, if it is not there. Who ends removes it: then what we have locked has lost its name.
Result<Containment::Base> Containment::find_base() const {
  const std::string name = "stayd." + setting_.name;
  for (int races = 0;; ++races) {
    auto folder = own_.create_child(name, base_mode);
    if (folder) {
      const bool locked = folder->lock();
      const auto named = own_.open_child(name);
      if (named && named->id() == folder->id()) return Base{std::move(*folder), locked};
    } else if (folder.error().number != ENOENT || races == most_races) {
      return std::unexpected(std::move(folder).error());
    }
    if (races == most_races) return failure(ENOENT, "the cgroup " + name + " does not last");
  }
}

std::unexpected<Error> Containment::in_use(const Base& base) const {
  return failure(EBUSY, "another supervisor named " + setting_.name + " is running: its cgroup " +
                            base.folder.path() + " is in use; give one of them another name");
}

Status Containment::test_base(os::Spawner& spawner) {
  const os::Cgroup probe = TRY(base_.create_child(probe_name));
  has_memory_events_ = os::exists(probe.path() + "/memory.events");
  Status spawned = try_to_spawn_into(probe, spawner);
  if (!spawned && spawned.error().number == os::killed_at_birth) {
    spawner.distrust_clone_into_cgroup();
    spawned = try_to_spawn_into(probe, spawner);
  }
  (void)base_.remove_child(probe_name);
  return spawned;
}

void Containment::clear_leftovers() {
  for (const std::string& name : base_.children()) {
    setting_.next_leaf = std::max(setting_.next_leaf, leaf_number(name) + 1);
    if (base_.is_populated(name) == true) {
      ++killed_at_start_;
      (void)kill_leaf(name);
    }
    remove_leaf(name);
  }
}

}  // namespace stayd::runtime
