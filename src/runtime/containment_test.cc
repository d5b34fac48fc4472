// SPDX-License-Identifier: Apache-2.0
#include "runtime/containment.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <cerrno>

#include "os/bomb_test_support.h"
#include "os/files.h"
#include "runtime/containment_test_support.h"

namespace stayd::runtime {
namespace {

using namespace stayd::runtime::test;

constexpr const char* name = "containment-test";

/// A test of cgroups proper.
struct InCgroups {
  Containment containment = make_containment(name);
  bool possible = containment.mode() == ContainmentMode::cgroup;
  InCgroups() {
    if (!possible) MESSAGE("skipped: no writable cgroup: ", containment.reason());
  }
  InCgroups(const InCgroups&) = delete;
  InCgroups& operator=(const InCgroups&) = delete;
  ~InCgroups() {
    const std::string path = containment.path();
    containment.remove_all();
    if (possible) CHECK_FALSE(os::exists(path));
  }
  [[nodiscard]] std::string path_of(const Service& service) const {
    return containment.path() + "/" + service.name + "." + std::to_string(service.leaf.number);
  }
};

std::size_t descriptors_open() {
  const auto folder = os::open_folder("/proc/self/fd");
  return os::list_folder(folder->view()).size();
}

TEST_CASE("row 12: in a leaf, what daemonized itself is found, and dies") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web@2"};
  start(in.containment, web, daemonizing);
  CHECK(finish_main(web).value == 3);
  in.containment.await_empty(web.contained());
  CHECK_FALSE(is_empty_now(in.containment));
  in.containment.terminate_rest(web.contained());  // ignored
  CHECK_FALSE(is_empty_now(in.containment));
  CHECK(in.containment.next_deadline() == Instant::never());  // nothing is looked at by time
  in.containment.kill(web.contained(), web.leaf);
  CHECK(becomes_empty(in.containment, web));
  CHECK(os::exists(in.path_of(web)));
  const std::string path = in.path_of(web);
  in.containment.release(web.contained(), web.leaf, LeafUse::kept);
  CHECK_FALSE(os::exists(path));  // killed: not kept, whoever asks
  CHECK(web.leaf.number == 0);
}

TEST_CASE("what leaves nothing is empty at once, and its leaf is used again") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  const std::size_t before = descriptors_open();
  start(in.containment, web, "echo up");
  const std::uint32_t number = web.leaf.number;
  finish_main(web);
  web.output.reset();
  CHECK(descriptors_open() == before);  // none is held for a leaf
  in.containment.await_empty(web.contained());
  CHECK(is_empty_now(in.containment));
  CHECK_FALSE(is_empty_now(in.containment));  // told once
  in.containment.release(web.contained(), web.leaf, LeafUse::kept);
  web.run = web.next_run();
  start(in.containment, web, "echo up");
  CHECK(web.leaf.number == number);
  put_away(in.containment, web);
}

TEST_CASE("row 16: after a kill the next run gets another leaf, and lives") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  start(in.containment, web, "echo up; exec sleep 1000");
  const std::uint32_t number = web.leaf.number;
  in.containment.kill(web.contained(), web.leaf);
  CHECK(web.leaf.killed);
  CHECK(finish_main(web).signalled);
  in.containment.await_empty(web.contained());
  CHECK(becomes_empty(in.containment, web));
  web.run = web.next_run();
  start(in.containment, web, "echo up; exec sleep 1000");
  CHECK(web.leaf.number != number);
  CHECK_FALSE(web.leaf.killed);
  put_away(in.containment, web);
}

TEST_CASE("row 18: what somebody froze is killed all the same") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  start(in.containment, web, "echo up; exec sleep 1000");
  REQUIRE(os::Cgroup::open(in.path_of(web))->freeze(true).has_value());
  put_away(in.containment, web);
}

TEST_CASE("row 19: removed cgroups are made again, leaf and base") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  start(in.containment, web, "echo up");
  finish_main(web);
  REQUIRE(os::remove_folder(in.path_of(web)).has_value());
  in.containment.await_empty(web.contained());
  CHECK(is_empty_now(in.containment));
  web.run = web.next_run();
  start(in.containment, web, "echo up");
  finish_main(web);
  const std::uint32_t count = in.containment.base_count();
  REQUIRE(os::remove_folder(in.path_of(web)).has_value());
  REQUIRE(os::remove_folder(in.containment.path()).has_value());
  web.run = web.next_run();
  start(in.containment, web, "echo up; exec sleep 1000");
  CHECK(in.containment.base_count() == count + 1);
  put_away(in.containment, web);
}

TEST_CASE("a service's own cgroups are part of it, and go with it") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  start(in.containment, web, "echo up; exec sleep 1000");
  const os::Cgroup leaf = *os::Cgroup::open(in.path_of(web));
  const os::Cgroup inner = *leaf.create_child("inner");
  REQUIRE(inner.move_in(web.process.pid).has_value());
  CHECK(in.containment.has(web.contained(), web.process.pid, {}));
  CHECK(in.containment.owner_of(web.process.pid).instance == "web");
  put_away(in.containment, web);
}

TEST_CASE("the owner of a process is told by its cgroup, even of a zombie") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web@2"};
  start(in.containment, web, "echo up; exit 0");
  REQUIRE(os::test::wait_readable(web.process.process.view()));
  const Owner owner = in.containment.owner_of(web.process.pid);
  CHECK(owner.instance == "web@2");
  CHECK(owner.leaf == web.leaf.number);
  CHECK(owner.session == web.process.pid);
  CHECK(in.containment.owner_of(os::own_pid()).leaf == 0);
  Service other{.name = "web", .run = RunId{9}, .instance = InstanceId{1}};
  start(in.containment, other, "echo up; exec sleep 1000");
  CHECK(in.containment.has(web.contained(), web.process.pid, web.process.process.view()));
  CHECK_FALSE(in.containment.has(web.contained(), other.process.pid, other.process.process.view()));
  finish_main(web);
  put_away(in.containment, web);
  put_away(in.containment, other);
}

TEST_CASE("a take-over finds its runs by their numbers; a fresh start finds none alive") {
  InCgroups in;
  if (!in.possible) return;
  Service web{.name = "web"};
  start(in.containment, web, "echo up; exec sleep 1000");
  {
    Containment successor = make_containment(name, true);
    CHECK(successor.killed_at_start() == 0);
    CHECK(successor.has(web.contained(), web.process.pid, {}));
    successor.kill(web.contained(), web.leaf);
    finish_main(web);
    successor.await_empty(web.contained());
    CHECK(becomes_empty(successor, web));
  }
  web = {.name = "web", .run = RunId{2}};
  start(in.containment, web, "echo up; exec sleep 1000");
  const std::uint32_t number = web.leaf.number;
  in.containment = make_containment(without_cgroup);  // the first one is no more
  in.containment = make_containment(name);
  CHECK(in.containment.killed_at_start() == 1);
  CHECK(finish_main(web).signalled);
  CHECK(in.containment.next_leaf() > number);
}

TEST_CASE("a second one of the same name is refused, and touches nothing") {
  InCgroups in;
  if (!in.possible) return;
  CHECK(in.containment.claimed().has_value());
  CHECK(in.containment.base().valid());
  const Containment second = make_containment(name);
  REQUIRE_FALSE(second.claimed().has_value());
  CHECK(second.claimed().error().number == EBUSY);
  CHECK(os::exists(in.containment.path()));
  // A successor has what the keeper has, and the keeper is not to be given another.
  const Containment successor = make_containment(name, true);
  CHECK(successor.claimed().has_value());
  CHECK_FALSE(successor.base().valid());
  CHECK(successor.path() == in.containment.path());
}

TEST_CASE("a base that is made again is locked again") {
  InCgroups in;
  if (!in.possible) return;
  Containment successor = make_containment(name, true);
  REQUIRE(os::remove_folder(in.containment.path()).has_value());
  Service web{.name = "web"};
  start(successor, web, "echo up; exec sleep 1000");
  CHECK(successor.base().valid());
  Service other{.name = "other"};
  const auto refused = in.containment.prepare(other.name, other.leaf);  // of the removed one
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().number == EBUSY);
  put_away(successor, web);
}

TEST_CASE("row 17: where our own cgroup is marked by an earlier kill, services live") {
  InCgroups in;
  if (!in.possible) return;
  const std::string path = in.containment.path();
  const std::string told = os::test::in_copy([&]() -> std::string {
    const auto base = os::Cgroup::open(path);
    const auto marked = base->create_child("marked");
    if (!marked || !marked->kill_all() || !marked->move_in(0)) return "no marked cgroup";
    os::Spawner spawner = *os::Spawner::create();
    Containment containment =
        Containment::create({.name = "inner", .keeper = os::own_pid()}, spawner);
    if (containment.mode() != ContainmentMode::cgroup) return containment.reason();
    Leaf leaf;
    const auto cgroup = containment.prepare("web", leaf);
    os::test::Command command = os::test::Command::shell("exit 5");
    command.plan.cgroup = (*cgroup)->fd();
    const os::test::Ran ran = command.run(spawner);
    containment.remove_all();
    (void)base->move_in(0);
    return ran.status.signalled ? "killed at birth" : "lived";
  });
  CHECK(told == "lived");
}

TEST_CASE("row 21: read-only cgroups are said to be so, and done without") {
  InCgroups in;
  if (!in.possible) return;
  const std::string told = os::test::in_copy([]() -> std::string {
    const std::string mount = os::cgroup_mount();
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(nullptr, mount.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
      return "skip";
    }
    Containment containment = make_containment("read-only");
    if (containment.is_degraded()) return "taken for something to be mended";
    return std::string(word(containment.mode())) + ": " + containment.reason();
  });
  if (told == "skip") {
    MESSAGE("skipped: no mount namespace to be had");
    return;
  }
  CHECK(told.starts_with("processes: "));
  CHECK(told.ends_with("Read-only file system (cgroups are mounted read-only)"));
}

TEST_CASE("without cgroups: the mode and its reason are told") {
  Containment containment = make_containment(without_cgroup);
  CHECK(containment.mode() == ContainmentMode::processes);
  CHECK_FALSE(containment.reason().empty());
  CHECK_FALSE(containment.fd().valid());
  CHECK(containment.path().empty());
  Leaf leaf;
  CHECK(*containment.prepare("web", leaf) == nullptr);
  CHECK(leaf.number == 0);
  os::Spawner& spawner = os::test::spawner();
  CHECK(Containment::create({.name = without_cgroup, .keeper = 1}, spawner).mode() ==
        ContainmentMode::pid_namespace);
}

TEST_CASE("row 12: without cgroups, what daemonized itself is found, and dies") {
  Containment containment = make_containment(without_cgroup);
  Service web{.name = "web", .run = RunId{5}};
  start(containment, web, daemonizing);
  Service other{.name = "other", .run = RunId{6}, .instance = InstanceId{1}};
  start(containment, other, daemonizing);
  Service namesake{.name = "nested", .run = RunId{5}, .instance = InstanceId{2}};
  start(containment, namesake, "echo up; exec sleep 1000");  // the same number, of another
  finish_main(web);
  finish_main(other);
  containment.await_empty(web.contained());
  CHECK_FALSE(is_empty_now(containment));
  containment.terminate_rest(web.contained());
  CHECK_FALSE(is_empty_now(containment));
  CHECK(containment.next_deadline() == Instant::never());  // SIGCHLD will tell
  containment.kill(web.contained(), web.leaf);
  CHECK(becomes_empty(containment, web));
  containment.await_empty(other.contained());
  CHECK_FALSE(is_empty_now(containment));
  CHECK(os::send_signal(namesake.process.process.view(), 0).has_value());
  CHECK(os::peek_exit(namesake.process.process.view())->outcome == os::WaitOutcome::alive);
  put_away(containment, other);
  put_away(containment, namesake);
}

TEST_CASE("without cgroups: what leaves nothing is empty at the next look") {
  Containment containment = make_containment(without_cgroup);
  Service web{.name = "web"};
  start(containment, web, "sleep 1000 & echo up; kill $!; wait");
  finish_main(web);
  containment.await_empty(web.contained());
  CHECK(is_empty_now(containment));
  CHECK_FALSE(is_empty_now(containment));
  containment.release(web.contained(), web.leaf, LeafUse::over);
}

TEST_CASE("row 13: without cgroups, a fork bomb of TERM-proof processes dies") {
  Containment containment = make_containment(without_cgroup);
  Service bomb{.name = "bomb"};
  start(containment, bomb,
        "trap '' TERM; f() { [ $1 -gt 0 ] && { f $(($1 - 1)) & f $(($1 - 1)) & }; "
        "while :; do sleep 0.05; done; }; echo up; f 5");
  containment.terminate_rest(bomb.contained());
  put_away(containment, bomb);
}

TEST_CASE("row 14: without cgroups, a target that moves from process to process dies") {
  if (os::own_uid() != 0) {
    MESSAGE("skipped: only root can bound it by another user's limit");
    return;
  }
  Containment containment = make_containment(without_cgroup);
  Service bomb{.name = "bomb"};
  os::Pipe up = *os::create_pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setsid();
    (void)os::write_some(up.write_end.view(), "up");
    os::test::explode(os::test::BombStyle::moving_target, 20);
  }
  bomb.process = {.pid = pid, .process = *os::open_process(pid)};
  REQUIRE(os::test::wait_readable(up.read_end.view()));
  finish_main(bomb);
  containment.await_empty(bomb.contained());
  CHECK_FALSE(is_empty_now(containment));
  containment.kill(bomb.contained(), bomb.leaf);
  CHECK(becomes_empty(containment, bomb));
  // Was it, or did a look miss it?
  CHECK(::kill(-pid, 0) != 0);
  CHECK(errno == ESRCH);
}

TEST_CASE("without cgroups: whose a process is") {
  Containment containment = make_containment(without_cgroup);
  Service web{.name = "web", .run = RunId{7}};
  start(containment, web, "sleep 1000 & echo $!; wait");
  CHECK(containment.has(web.contained(), web.process.pid, {}));
  CHECK_FALSE(containment.has(web.contained(), os::own_pid(), {}));
  const Owner owner = containment.owner_of(web.process.pid);
  CHECK(owner.instance == "web");
  CHECK(owner.run == RunId{7});
  CHECK(owner.session == web.process.pid);
  put_away(containment, web);
}

}  // namespace
}  // namespace stayd::runtime
