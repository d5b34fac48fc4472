// SPDX-License-Identifier: Apache-2.0
#include "os/spawn.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <set>

#include "os/signals.h"
#include "os/spawn_test_support.h"

using namespace stayd;
using namespace stayd::os;
using test::Command;
using test::Ran;

namespace {

void write_program(const std::string& path, const std::string& content, mode_t mode = 0755) {
  {
    std::ofstream file(path);
    file << content;
  }
  ::chmod(path.c_str(), mode);
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  for (int number = 0; number < 4096; ++number) count += is_open(number) ? 1u : 0u;
  return count;
}

/// SigBlk, SigIgn and SigCgt out of /proc/PID/status.
std::string signal_lines(const std::string& status) {
  const std::size_t begin = status.find("SigBlk");
  return status.substr(begin, status.find("CapInh") - begin);
}

}  // namespace

TEST_CASE("a program is started and its exit code seen") {
  std::int32_t pid_slot = 0;
  Command command = Command::shell("echo hello; exit 7");
  command.plan.pid_at = &pid_slot;
  const Ran ran = command.run();
  REQUIRE(ran.started);
  CHECK(ran.output == "hello\n");
  CHECK(ran.status.value == 7);
  CHECK_FALSE(ran.status.signalled);
  CHECK(pid_slot == ran.status.pid);
}

TEST_CASE("a child leads a session, or with session off a process group") {
  Command command = Command::shell("cut -d' ' -f5,6 /proc/$$/stat; echo $$");
  SUBCASE("session") {
    const Ran ran = command.run();
    const std::string pid = std::to_string(ran.status.pid);
    CHECK(ran.output == pid + " " + pid + "\n" + pid + "\n");
  }
  SUBCASE("process group") {
    command.plan.session = false;
    const Ran ran = command.run();
    const std::string pid = std::to_string(ran.status.pid);
    CHECK(ran.output == pid + " " + std::to_string(::getsid(0)) + "\n" + pid + "\n");
  }
}

TEST_CASE("a spawn leaves no descriptor behind, whether it works or not") {
  Command::shell("exit 0").run();
  const std::size_t before = count_descriptors();
  CHECK(Command::shell("exit 0").run().started);
  CHECK_FALSE(Command({"/nonexistent"}).run().started);
  {
    Command copied = Command::shell("exit 0");
    copied.plan.local_executable = false;
    CHECK(copied.run().started);
  }
  CHECK(count_descriptors() == before);
}

TEST_CASE("a start goes on beside us, and is told by finish") {
  std::int32_t pid = 0;
  Command command({"/nonexistent"});
  command.plan.pid_at = &pid;
  SUBCASE("it fails, and our errno is not the child's") {
    errno = EXDEV;
    command.begin();
    const Fd process = std::move(*open_process(pid));
    CHECK(test::wait_readable(process.view()));  // it has ended
    CHECK(errno == EXDEV);
    const Result<Spawned> spawned = command.finish();
    REQUIRE_FALSE(spawned.has_value());
    CHECK(spawned.error().number == ENOENT);
    CHECK(pid == 0);
    const Result<Waited> waited = peek_exit(process.view());
    CHECK((!waited || waited->outcome != WaitOutcome::ended));  // it has been reaped
  }
  SUBCASE("descriptors made meanwhile are not the child's") {
    Command lists = Command::shell("ls /proc/self/fd | wc -l");
    lists.begin();
    std::vector<Fd> more;
    more.reserve(100);
    for (int n = 0; n < 100; ++n) more.emplace_back(::open("/dev/null", O_RDWR));
    const Result<Spawned> spawned = lists.finish();
    REQUIRE(spawned.has_value());
    CHECK(test::read_all(lists.output()) == "4\n");  // and the folder itself
    CHECK(test::end_of(spawned->process).value == 0);
  }
}

TEST_CASE("several starts go on beside each other, and are told in their order") {
  Command::shell("exit 0").run();
  const std::size_t before = count_descriptors();
  const int dumpable = ::prctl(PR_GET_DUMPABLE);
  {
    Command first = Command::shell("echo first");
    Command fails({"/nonexistent"});
    Command other_user = Command::shell("echo third");
    other_user.plan.set_ids = ::geteuid() == 0;
    other_user.plan.uid = other_user.plan.gid = 65534;
    Command copied = Command::shell("echo fourth");
    copied.plan.local_executable = false;
    const std::array<Command*, Spawner::most_under_way> all{&first, &fails, &other_user, &copied};
    for (Command* command : all) command->begin();
    for (Command* command : all) {
      const Result<Spawned> spawned = command->finish();
      REQUIRE(spawned.has_value() == (command != &fails));
      if (!spawned) {
        CHECK(spawned.error().number == ENOENT);
        continue;
      }
      const bool is_first = command == &first, is_third = command == &other_user;
      CHECK(test::read_all(command->output()) == (is_first   ? "first\n"
                                                  : is_third ? "third\n"
                                                             : "fourth\n"));
      CHECK(test::end_of(spawned->process).value == 0);
    }
  }
  CHECK(count_descriptors() == before);
  CHECK(::prctl(PR_GET_DUMPABLE) == dumpable);
}

TEST_CASE("descriptors are placed even where their numbers overlap") {
  const auto open_beyond_slots = [](const char* path) {
    const Fd low(::open(path, O_RDWR | O_CLOEXEC));
    return std::move(*duplicate(low.view(), table_slots));
  };
  const Fd a = open_beyond_slots("/dev/null");
  const Fd b = open_beyond_slots("/dev/zero");
  const Fd c = open_beyond_slots("/dev/full");
  Command command = Command::shell("for n in 3 4 5 9 63 70; do readlink /proc/self/fd/$n; done");
  bool shared_memory = true;
  SUBCASE("shared table") {}
  SUBCASE("copied table") { shared_memory = false; }
  command.plan.local_executable = shared_memory;
  // With a copied table a, b and c move in a circle.
  command.add(a.view(), shared_memory ? 3 : b.number());
  command.add(b.view(), shared_memory ? 4 : c.number());
  command.add(c.view(), shared_memory ? 5 : a.number());
  command.add(a.view(), 9);
  command.add(b.view(), 63);
  command.add(c.view(), 70);
  if (shared_memory) {
    CHECK(command.run().output ==
          "/dev/null\n/dev/zero\n/dev/full\n/dev/null\n/dev/zero\n/dev/full\n");
  } else {
    const auto number = [](const Fd& fd) { return std::to_string(fd.number()); };
    Command circle = Command::shell("for n in " + number(a) + " " + number(b) + " " + number(c) +
                                    "; do readlink /proc/self/fd/$n; done");
    circle.plan.local_executable = false;
    circle.add(a.view(), b.number());
    circle.add(b.view(), c.number());
    circle.add(c.view(), a.number());
    CHECK(circle.run().output == "/dev/full\n/dev/null\n/dev/zero\n");
  }
}

TEST_CASE("more descriptors than slots are passed by copying the table") {
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  Command command = Command::shell("ls /proc/self/fd | wc -l");
  for (int number = 3; number < 103; ++number) command.add(null.view(), number);
  CHECK(command.run().output == "104\n");  // and the one that ls reads the folder with
  CHECK(test::spawner().abilities().shared_table);
}

TEST_CASE("an executable can be given as a descriptor") {
  const Fd program(::open("/bin/echo", O_PATH | O_CLOEXEC));
  bool shared_memory = true;
  SUBCASE("shared table") {}
  SUBCASE("copied table, its number wanted for something else") { shared_memory = false; }
  Command command({"echo", "by", "descriptor"});
  command.plan.executable = nullptr;
  command.plan.executable_fd = program.view();
  command.plan.local_executable = shared_memory;
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  command.add(null.view(), program.number());
  const Ran ran = command.run();
  CHECK_MESSAGE(ran.output == "by descriptor\n", ran.error.message);
}

TEST_CASE("row 7: each way in which exec fails has its own text, and none is taken for an exit") {
  const TemporaryFolder folder;
  const auto fails = [&](Command command, int number, const std::string& text) {
    std::int32_t pid_slot = -1;
    command.plan.pid_at = &pid_slot;
    const Ran ran = command.run();
    CHECK_FALSE(ran.started);
    CHECK(ran.error.number == number);
    CHECK_MESSAGE(ran.error.message.find(text) != std::string::npos, ran.error.message);
    CHECK(command.plan.failed_step == SpawnStep::execute);
    CHECK(pid_slot == 0);
    return ran.error.message;
  };
  std::set<std::string> reasons;
  const auto note = [&](const std::string& message) {
    reasons.insert(message.substr(message.find(": ")));
  };

  note(fails(Command({folder / "missing"}), ENOENT, "No such file or directory"));
  write_program(folder / "plain", "not executable", 0644);
  note(fails(Command({folder / "plain"}), EACCES, "no execute permission"));
  note(fails(Command({folder.path()}), EACCES, "it is a directory"));
  write_program(folder / "text", "no program at all");
  note(fails(Command({folder / "text"}), ENOEXEC, "Exec format error"));
  write_program(folder / "script", "#! /no/such/interpreter -x\n");
  note(fails(Command({folder / "script"}), ENOENT, "interpreter /no/such/interpreter"));
  write_program(folder / "busy", "#!/bin/sh\n");
  const Fd writer(::open((folder / "busy").c_str(), O_WRONLY | O_CLOEXEC));
  note(fails(Command({folder / "busy"}), ETXTBSY, "open for writing"));
  std::string huge(200'000, 'x');  // one word may have 32 pages
  note(fails(Command({"/bin/true", huge}), E2BIG, "Argument list too long"));
  ::symlink("loop", (folder / "loop").c_str());
  note(fails(Command({folder / "loop"}), ELOOP, "symbolic links"));
  CHECK(reasons.size() == 8);
  CHECK(is_transient(ETXTBSY));
  CHECK_FALSE(is_transient(ENOENT));
}

TEST_CASE("row 7: a failing exec is told the same way when memory is not shared") {
  Command command({"/nonexistent"});
  command.plan.local_executable = false;
  const Ran ran = command.run();
  CHECK_FALSE(ran.started);
  CHECK(ran.error.message == "executing /nonexistent: No such file or directory");
}

TEST_CASE("row 40: standard streams that are closed stay away from what we open") {
  const std::string text = test::in_copy([] {
    ::close(0);
    ::close(1);
    ::close(2);
    if (!fill_standard_streams()) return std::string("cannot fill");
    const Fd opened(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (opened.number() <= 2) return std::string("took a standard stream");
    Command command = Command::shell("echo out; echo err >&2");
    return command.run().output;
  });
  CHECK(text == "out\nerr\n");
}

TEST_CASE("row 41: a service has the standard streams and what is declared, nothing else") {
  const std::string text = test::in_copy([] {
    // Inherited as by a careless parent: not close-on-exec.
    ::dup2(0, 9);
    for (int number = 100; number < 1'000; ++number) ::dup2(0, number);
    Spawner with = std::move(*Spawner::create());
    const Fd declared(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    Command command({"/bin/ls", "/proc/self/fd"});
    command.add(declared.view(), 5);
    return command.run(with).output;
  });
  CHECK(text == "0\n1\n2\n3\n5\n");  // 3: the folder itself, being read
}

TEST_CASE("row 42: a service starts with default dispositions and an empty mask") {
  const std::string text = test::in_copy([] {
    for (const int signal : {SIGPIPE, SIGHUP, SIGXFSZ, SIGUSR2, 40}) ::signal(signal, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGUSR1, SIGTERM, 50}) sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    Spawner with = std::move(*Spawner::create());
    return signal_lines(Command({"/bin/cat", "/proc/self/status"}).run(with).output);
  });
  CHECK(text ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n");
}

TEST_CASE("row 42: a helper of ours keeps mask and dispositions") {
  const std::string text = test::in_copy([] {
    if (!unblock_all()) return std::string("cannot reset");
    ::signal(SIGHUP, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    Command command({"/bin/cat", "/proc/self/status"});
    command.plan.keep_signals = true;
    return signal_lines(command.run().output);
  });
  CHECK(text ==
        "SigBlk:\t0000000000000200\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000000000\n");
}
