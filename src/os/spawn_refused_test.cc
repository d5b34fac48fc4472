// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>

#include "os/spawn_test_support.h"

using namespace stayd;
using namespace stayd::os;
using test::Command;
using test::Ran;

namespace {

/// From now on system call `number` fails with `error`, if its first argument has a bit of `flags`
/// (0: always), as an old container's filter does it.
void refuse(long number, int error, unsigned flags = 0) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, static_cast<__u8>(flags == 0 ? 0 : 1)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = 6, .filter = program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/// What a start and a failing start come to, and which way was found.
std::string outcome(Spawner& with) {
  std::int32_t slot = 0;
  Command works = Command::shell("echo out; exit 7");
  works.plan.pid_at = &slot;
  const Ran ran = works.run(with);
  std::string text =
      ran.started ? ran.output + std::to_string(ran.status.value) : ran.error.message;
  if (slot != ran.status.pid) text += " wrong pid";
  const Ran failed = Command({"/nonexistent"}).run(with);
  text += " " + failed.error.message;
  text += " way " + std::to_string(static_cast<int>(with.abilities().way));
  return text + " refusal " + std::to_string(with.abilities().refusal);
}

std::string wanted(SpawnWay way, int refusal) {
  return "out\n7 executing /nonexistent: No such file or directory way " +
         std::to_string(static_cast<int>(way)) + " refusal " + std::to_string(refusal);
}

}  // namespace

TEST_CASE("row 34: where clone3 is refused, clone does it") {
  for (const int error : {EPERM, ENOSYS, EINVAL}) {
    const std::string text = test::in_copy([&] {
      refuse(SYS_clone3, error);
      Spawner with = std::move(*Spawner::create());
      return outcome(with);
    });
    CHECK(text == wanted(SpawnWay::clone, error));
  }
}

TEST_CASE("row 34: where CLONE_PIDFD is refused too, fork and pidfd_open do it") {
  const std::string text = test::in_copy([] {
    refuse(SYS_clone3, EPERM);
    refuse(SYS_clone, EPERM, CLONE_PIDFD);
    Spawner with = std::move(*Spawner::create());
    return outcome(with);
  });
  CHECK(text == wanted(SpawnWay::fork, EPERM));
}

TEST_CASE("row 34: where close_range is refused, the descriptor table is copied") {
  const std::string text = test::in_copy([] {
    refuse(SYS_close_range, ENOSYS);
    Spawner with = std::move(*Spawner::create());
    const std::string result = outcome(with);
    return result + (with.abilities().shared_table ? " shared" : " copied");
  });
  CHECK(text == wanted(SpawnWay::clone3, ENOSYS) + " copied");
}

TEST_CASE("row 36: few descriptors are enough, and none left is told") {
  for (const rlim_t most : {8u, 16u, 32u}) {
    constexpr int answer = 3;  // below the limits
    const auto body = [&] {
      close_from(answer + 1);
      const rlimit limit{.rlim_cur = most, .rlim_max = most};
      ::setrlimit(RLIMIT_NOFILE, &limit);
      Spawner with = std::move(*Spawner::create());
      const Ran ran = Command::shell("exit 7").run(with);
      return ran.started ? std::to_string(ran.status.value) : ran.error.message;
    };
    const std::string text = test::in_copy(body, answer);
    CHECK_MESSAGE((text == "7" || text.find("Too many open files") != std::string::npos), text);
  }
}

TEST_CASE("row 44: another user has its own ids and groups and no capability") {
  if (::getuid() != 0) {
    MESSAGE("skipped: only root can change the user");
    return;
  }
  const std::uint32_t groups[] = {4, 24};
  Command command(
      {"/bin/grep", "-E", "^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb)", "/proc/self/status"});
  command.plan.set_ids = true;
  command.plan.uid = command.plan.gid = 65'534;
  command.plan.groups = groups;
  CHECK(command.run().output ==
        "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\nGroups:\t4 24 \n"
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
        "CapAmb:\t0000000000000000\n");
  CHECK(prctl(PR_GET_DUMPABLE) == 1);  // of ours, whose memory the child shared
}
