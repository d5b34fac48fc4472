// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/text.h"
#include "os/spawn_test_support.h"

using namespace stayd;
using namespace stayd::os;
using test::Command;
using test::Ran;

namespace {

/// A child with the number `pid`, which waits to be killed; minus errno where that is refused.
long start_with_pid(pid_t pid) {
  clone_args arguments{};
  arguments.flags = CLONE_CLEAR_SIGHAND;  // not those of the test program
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uint64_t>(&pid);
  arguments.set_tid_size = 1;
  const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0)
    for (;;) ::pause();
  return child < 0 ? -errno : child;
}

bool allows_cores() {
  rlimit limit{};
  constexpr rlim_t wanted = 64 << 20;
  return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max >= wanted;
}

/// How a process with core files allowed ends that was sent `signals`.
ExitStatus end_by(std::initializer_list<int> signals, const TemporaryFolder& folder) {
  Command command({"/bin/sleep", "1000"});
  constexpr std::uint64_t most = 64 << 20;
  const PlannedLimit cores{.resource = RLIMIT_CORE, .soft = most, .hard = most};
  if (allows_cores()) command.plan.limits = {&cores, 1};
  command.plan.directory = folder.path().c_str();
  const Result<Spawned> spawned = command.start();
  REQUIRE(spawned);
  for (const int signal : signals) CHECK(send_signal(spawned->process.view(), signal));
  return test::end_of(spawned->process);
}

}  // namespace

TEST_CASE("row 1: a signal to a process that was reaped does not reach its number's new owner") {
  Result<Spawned> first = Command({"/bin/true"}).start();
  REQUIRE(first);
  CHECK(test::end_of(first->process).pid == first->pid);
  const long impostor = start_with_pid(first->pid);
  if (impostor == -EPERM) {
    MESSAGE("skipped: choosing a process id needs CAP_CHECKPOINT_RESTORE");
    return;
  }
  REQUIRE(impostor == first->pid);
  const Result<Fd> other = open_process(first->pid);
  REQUIRE(other);

  const Status sent = send_signal(first->process.view(), SIGKILL);
  CHECK(!sent);
  CHECK(sent.error().number == ESRCH);
  const Status sent_to_group = send_signal_to_group(first->process.view(), first->pid, SIGKILL);
  CHECK(!sent_to_group);
  CHECK(peek_exit(other->view())->outcome == WaitOutcome::alive);

  CHECK(send_signal(other->view(), SIGTERM));
  const ExitStatus end = test::end_of(*other);
  CHECK(end.signalled);
  CHECK(end.value == SIGTERM);  // not the KILL that was sent before
}

TEST_CASE("row 8: the end by each signal tells which, and whether a core was dumped") {
  constexpr int dump_core[] = {SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
                               SIGFPE,  SIGSEGV, SIGSYS,  SIGXCPU, SIGXFSZ};
  constexpr int do_not_end[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
  // The session has no parent in it: these do not stop it (POSIX, orphaned groups).
  constexpr int stop[] = {SIGTSTP, SIGTTIN, SIGTTOU};
  const auto is_in = [](int signal, const auto& signals) {
    return std::find(std::begin(signals), std::end(signals), signal) != std::end(signals);
  };
  if (!allows_cores()) MESSAGE("the core flag is not looked at: the hard RLIMIT_CORE is too low");
  const TemporaryFolder folder;
  for (int signal = 1; signal <= 31; ++signal) {
    if (signal == SIGSTOP) continue;
    CAPTURE(signal_name(signal));
    const bool ends = !is_in(signal, do_not_end) && !is_in(signal, stop);
    const ExitStatus end = ends ? end_by({signal}, folder) : end_by({signal, SIGKILL}, folder);
    CHECK(end.signalled);
    CHECK(end.value == (ends ? signal : SIGKILL));
    if (!is_in(signal, dump_core)) CHECK(!end.core_dumped);
    if (is_in(signal, dump_core) && allows_cores()) CHECK(end.core_dumped);
  }
}

TEST_CASE("row 9: an exit code that shells use for signals is an exit code") {
  for (const int code : {0, 1, 126, 127, 128 + SIGKILL, 128 + SIGTERM, 255}) {
    const Ran ran = Command::shell("exit " + std::to_string(code)).run();
    REQUIRE(ran.started);
    CHECK(!ran.status.signalled);
    CHECK(!ran.status.core_dumped);
    CHECK(ran.status.value == code);
  }
}

TEST_CASE("row 46: a directory that is gone, not permitted or in circles is told as the step") {
  const TemporaryFolder folder;
  const std::string circle = folder / "circle";
  const std::string link = folder / "link";
  const std::string hidden = folder / "hidden";
  REQUIRE(::symlink(circle.c_str(), circle.c_str()) == 0);
  REQUIRE(::symlink("/", link.c_str()) == 0);
  REQUIRE(::mkdir(hidden.c_str(), 0700) == 0);
  const auto run_in = [](const std::string& directory, std::uint32_t uid) {
    Command command({"/bin/pwd"});
    command.plan.directory = directory.c_str();
    command.plan.set_ids = uid != 0;
    command.plan.uid = command.plan.gid = uid;
    const Ran ran = command.run();
    return ran.started ? ran.output : ran.error.message;
  };
  CHECK(run_in(folder / "gone", 0) ==
        "entering the directory " + (folder / "gone") + ": No such file or directory");
  CHECK(run_in(circle, 0) ==
        "entering the directory " + circle + ": Too many levels of symbolic links");
  CHECK(run_in(link, 0) == "/\n");
  if (::getuid() != 0) return;
  // As the user that it runs as, not as root, which may go anywhere.
  constexpr std::uint32_t nobody = 65'534;
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  CHECK(run_in(hidden, nobody) == "entering the directory " + hidden + ": Permission denied");
}

TEST_CASE("an end tells what the process took, with the children that it waited for") {
  Result<Spawned> shell =
      Command({"/bin/sh", "-c", "x=$(head -c 30000000 /dev/zero | tr '\\0' x); : $x"}).start();
  REQUIRE(shell);
  const ExitStatus end = test::end_of(shell->process);
  CHECK(end.peak_memory >= 30'000'000);
  CHECK(end.peak_memory < std::uint64_t{1} << 40U);
  CHECK(end.cpu > Duration{});
  CHECK(end.cpu < seconds(60));
}

TEST_CASE("change_processor goes to another one that we may run on, and leaves us all of them") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  bool moved = false;
  for (int i = 0; i < 100 && !moved; ++i) {  // the kernel may move us, too
    const int here = ::sched_getcpu();
    change_processor();
    moved = ::sched_getcpu() != here;
  }
  CHECK(moved == (CPU_COUNT(&before) > 1));
  cpu_set_t after;
  REQUIRE(::sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}
