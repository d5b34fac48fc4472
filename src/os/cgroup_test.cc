// SPDX-License-Identifier: Apache-2.0
#include "os/cgroup.h"

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "os/bomb_test_support.h"
#include "os/spawn_test_support.h"

using namespace stayd;
using namespace stayd::os;
using test::Command;
using test::Ran;

namespace {

/// A cgroup below ours that goes, with all that is in it, at the end.
class Scratch {
 public:
  Scratch() {
    Result<Cgroup> own = Cgroup::own();
    if (own) parent_ = std::move(*own);
    name_ = "stayd-os-test." + std::to_string(getpid());
    Result<Cgroup> made = own ? parent_.create_child(name_) : std::unexpected(own.error());
    if (made)
      group = std::move(*made);
    else
      MESSAGE("skipped, no cgroup to test with: " << made.error().message);
  }
  ~Scratch() {
    if (!group.valid()) return;
    (void)group.kill_all();
    CHECK(wait_until_empty());
    CHECK(parent_.remove_child_tree(name_).has_value());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] bool available() const { return group.valid(); }

  /// By notice, as the supervisor waits.
  [[nodiscard]] bool wait_until_empty() const {
    CgroupWatch watch = std::move(*CgroupWatch::create());
    if (!watch.watch(group)) return !group.populated();
    while (group.populated()) {
      if (!test::wait_readable(watch.fd())) return false;
      while (watch.next()) {
      }
    }
    return true;
  }

  Cgroup group;

 private:
  Cgroup parent_;
  std::string name_;
};

/// A process that lives until it is killed, as the scratch cgroup's end does.
Spawned start_sleeper(const Cgroup& group) {
  Command command({"/bin/sleep", "1000"});
  command.plan.cgroup = group.fd();
  Result<Spawned> spawned = command.start();
  REQUIRE(spawned.has_value());
  return std::move(*spawned);
}

/// Forks a bomb into the group and waits until it has grown.
void drop_bomb(const Cgroup& group, test::BombStyle style, rlim_t bound, std::size_t grown) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!group.move_in(0)) ::_exit(1);
    for (int n = 0; n < 7; ++n)
      if (::fork() == 0) break;
    test::explode(style, bound);
  }
  for (int look = 0; look < 4'000 && group.processes().size() < grown; ++look)
    ::poll(nullptr, 0, 5);
}

}  // namespace

TEST_CASE("a cgroup is made, filled by birth, watched and removed") {
  const Scratch scratch;
  if (!scratch.available()) return;
  const Cgroup leaf = std::move(*scratch.group.create_child("leaf"));
  CHECK(scratch.group.children() == std::vector<std::string>{"leaf"});
  CHECK_FALSE(leaf.populated());

  Command command = Command::shell("cat /proc/self/cgroup; read forever");
  Pipe input = std::move(*create_pipe());
  command.add(input.read_end.view(), 0);
  command.plan.cgroup = leaf.fd();
  const Result<Spawned> spawned = command.start();
  REQUIRE_MESSAGE(spawned.has_value(), (spawned ? "" : spawned.error().message));
  CHECK(leaf.populated());
  // The shell may have a cat beside it.
  for (const Cgroup* group : {&leaf, &scratch.group}) {
    const std::vector<std::int32_t> pids = group->processes();
    CHECK(std::ranges::find(pids, spawned->pid) != pids.end());
  }
  CHECK(scratch.group.remove_child("leaf").error().number == EBUSY);

  REQUIRE(leaf.kill_all().has_value());
  const ExitStatus status = test::end_of(spawned->process);
  CHECK(status.signalled);
  CHECK(status.value == SIGKILL);
  CHECK(scratch.wait_until_empty());
  CHECK(scratch.group.remove_child("leaf").has_value());
  CHECK(scratch.group.remove_child("leaf").has_value());  // gone is as good as removed
  CHECK_FALSE(leaf.populated());
}

TEST_CASE("a cgroup is locked for one, and for who has copies of that one's descriptor") {
  const Scratch scratch;
  if (!scratch.available()) return;
  std::optional<Cgroup> one = std::move(*scratch.group.create_child("leaf", 0711));
  const Cgroup other = std::move(*scratch.group.open_child("leaf"));
  CHECK(one->lock());
  CHECK(one->lock());
  CHECK_FALSE(other.lock());
  Fd copy = std::move(*duplicate(one->fd(), 0));
  one.reset();
  CHECK_FALSE(other.lock());
  copy.reset();
  CHECK(other.lock());
}

TEST_CASE("row 13: a bomb of 1,200 tasks in sessions of their own is gone after one kill") {
  const Scratch scratch;
  if (!scratch.available()) return;
  drop_bomb(scratch.group, test::BombStyle::sessions, 1'200, 1'000);
  CHECK(scratch.group.processes().size() >= 1'000);
  CHECK(scratch.group.kill_all().has_value());
  CHECK(scratch.wait_until_empty());
  CHECK(scratch.group.processes().empty());
}

TEST_CASE("row 14: tasks that die as soon as they have made the next are gone after one kill") {
  const Scratch scratch;
  if (!scratch.available()) return;
  drop_bomb(scratch.group, test::BombStyle::moving_target, 100, 1);
  CHECK(scratch.group.kill_all().has_value());
  CHECK(scratch.wait_until_empty());
  CHECK(scratch.group.processes().empty());
}

TEST_CASE("row 15: what a pid namespace does not know is a 0 in cgroup.procs, and no process") {
  const Scratch scratch;
  if (!scratch.available()) return;
  const Spawned sleeper = start_sleeper(scratch.group);
  CHECK(scratch.group.processes() == std::vector{sleeper.pid});
  // The fork's own children are the first of a namespace that sees nothing of ours.
  const std::string seen = test::in_copy([&] {
    if (::unshare(CLONE_NEWPID) != 0) return std::string("not permitted");
    return test::in_copy([&] {
      return scratch.group.read("cgroup.procs").value_or("?") + "and " +
             std::to_string(scratch.group.processes().size());
    });
  });
  if (seen == "not permitted") {
    MESSAGE("skipped, no pid namespace to be had");
    return;
  }
  CHECK(seen == "0\nand 0");
}

TEST_CASE("row 16: what a cgroup that was killed once kills at birth has not been started") {
  const Scratch scratch;
  if (!scratch.available()) return;
  const Cgroup killed = std::move(*scratch.group.create_child("killed"));
  REQUIRE(killed.kill_all().has_value());
  std::int32_t pid = 0;
  Command command = Command::shell("exit 5");
  command.plan.cgroup = killed.fd();
  command.plan.pid_at = &pid;
  SUBCASE("beside us") { command.plan.set_oom_score = false; }
  SUBCASE("while we wait") { command.plan.oom_score = 1; }
  const Ran ran = command.run();
  if (ran.started) {
    MESSAGE("this kernel does not kill at birth");
    CHECK(ran.status.value == 5);
    return;
  }
  CHECK(command.plan.failed_step == SpawnStep::cgroup);
  CHECK(ran.error.number == killed_at_birth);
  CHECK(ran.error.message == "entering the cgroup: what is started in it is killed at once");
  CHECK(pid == 0);
  Spawner other = std::move(*Spawner::create());
  other.distrust_clone_into_cgroup();
  CHECK(command.run(other).status.value == 5);
}

TEST_CASE("children kept open tell whether they are populated, then and now") {
  const Scratch scratch;
  if (!scratch.available()) return;
  RecentChildren recent(2);
  const auto look = [&](const std::string& child) {
    return recent.is_populated(scratch.group, child);
  };
  const Cgroup leaf = std::move(*scratch.group.create_child("leaf"));
  CHECK(look("leaf") == false);
  const Spawned sleeper = start_sleeper(leaf);
  CHECK(look("leaf") == true);
  for (std::size_t i = 0; i <= 2; ++i) {
    const std::string other = "other" + std::to_string(i);
    REQUIRE(scratch.group.create_child(other));
    CHECK(look(other) == false);
  }
  CHECK(look("leaf") == true);
  CHECK(leaf.kill_all().has_value());
  CHECK(test::end_of(sleeper.process).value == SIGKILL);
  CHECK(scratch.wait_until_empty());
  CHECK(look("leaf") == false);
  CHECK(scratch.group.remove_child("leaf").has_value());
  CHECK(look("leaf") == false);  // gone
  const Cgroup again = std::move(*scratch.group.create_child("leaf"));
  const Spawned next = start_sleeper(again);
  CHECK(look("leaf") == true);
  CHECK(look("nowhere") == false);
}

TEST_CASE(
    "a child kept open is the one that bears the name, once the old one is known to be gone") {
  const Scratch scratch;
  if (!scratch.available()) return;
  RecentChildren recent(2);
  const auto id = [&] {
    const auto folder = recent.open(scratch.group, "leaf");
    return folder ? (*folder)->id() : 0;
  };
  CHECK(id() == 0);
  const std::uint64_t first = scratch.group.create_child("leaf")->id();
  CHECK(id() == first);
  CHECK(recent.is_populated(scratch.group, "leaf") == false);
  CHECK(scratch.group.remove_child("leaf").has_value());
  const std::uint64_t second = scratch.group.create_child("leaf")->id();
  CHECK(recent.is_populated(scratch.group, "leaf") == false);
  CHECK(id() == second);
  recent.forget("leaf");
  CHECK(scratch.group.remove_child("leaf").has_value());
  CHECK(id() == 0);
}

TEST_CASE("row 18: a cgroup that somebody has frozen is killed all the same") {
  const Scratch scratch;
  if (!scratch.available()) return;
  const Spawned sleeper = start_sleeper(scratch.group);
  REQUIRE(scratch.group.freeze(true).has_value());
  for (int look = 0; look < 4'000 && !scratch.group.frozen(); ++look) ::poll(nullptr, 0, 5);
  CHECK(scratch.group.frozen());
  CHECK(scratch.group.kill_all().has_value());
  CHECK(test::end_of(sleeper.process).value == SIGKILL);
}

TEST_CASE("row 19: a cgroup that somebody has removed is an error that says so") {
  const Scratch scratch;
  if (!scratch.available()) return;
  const Cgroup leaf = std::move(*scratch.group.create_child("leaf"));
  REQUIRE(scratch.group.remove_child("leaf").has_value());
  Command command = Command::shell("exit 0");
  command.plan.cgroup = leaf.fd();
  const Result<Spawned> spawned = command.start();
  REQUIRE_FALSE(spawned.has_value());
  CHECK(spawned.error().number == ENOENT);
  CHECK(command.plan.failed_step == SpawnStep::cgroup);
  CHECK(spawned.error().message.starts_with("entering the cgroup: "));
}

TEST_CASE("row 83: a child that does not come to execute its program does not hold us") {
  const Scratch scratch;
  if (!scratch.available()) return;
  REQUIRE(scratch.group.freeze(true).has_value());
  Command command = Command::shell("exit 6");
  command.plan.cgroup = scratch.group.fd();  // frozen: as if exec waited for a file server
  command.plan.local_executable = false;
  const Result<Spawned> spawned = command.start();
  REQUIRE(spawned.has_value());
  CHECK(peek_exit(spawned->process.view())->outcome == WaitOutcome::alive);
  REQUIRE(scratch.group.freeze(false).has_value());
  CHECK(test::end_of(spawned->process).value == 6);
}
