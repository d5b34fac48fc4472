// SPDX-License-Identifier: Apache-2.0
// The rows of the table of faults that concern logs.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "app/logwriter/rig_test_support.h"

using namespace stayd;
using namespace stayd::app;

namespace {

std::string line(std::size_t writer, int number) {
  std::array<char, 128> text;
  const int size = std::snprintf(text.data(), text.size(), "%zu %08d some line payload %d\n",
                                 writer, number, number * 7);
  return {text.data(), static_cast<std::size_t>(size)};
}

/// A process that writes `count` numbered lines into a pipe, so many with one write.
class LineWriter {
 public:
  LineWriter(std::size_t id, int count, const os::Fd& pipe, int at_once = 1) {
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    for (int i = 0; i < count;) {
      std::string text;
      for (const int end = std::min(i + at_once, count); i < end; ++i) text += line(id, i);
      if (::write(pipe.number(), text.data(), text.size()) < 0) ::_exit(1);
    }
    ::_exit(0);
  }
  ~LineWriter() {
    if (!done()) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  bool done() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    return pid_ <= 0;
  }

 private:
  pid_t pid_ = -1;
};

void nap_microseconds(long count) {
  const timespec span{.tv_sec = 0, .tv_nsec = count * 1000};
  ::nanosleep(&span, nullptr);
}

int wanted_kills() {
  const char* wanted = ::getenv("STAYD_TEST_LOGWRITER_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : 60;
}

/// A small tmpfs in a mount namespace of our own, at `name` in a test's folder; not valid without
/// the right to make one.
class SmallDisk {
 public:
  explicit SmallDisk(const char* size, const std::string& name = {})
      : place_(folder_.path() + (name.empty() ? "" : "/" + name)) {
    if (!name.empty()) REQUIRE(::mkdir(place_.c_str(), 0755) == 0);
    if (::unshare(CLONE_NEWNS) != 0) return;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    const std::string options = std::string("mode=0755,size=") + size;
    valid_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (valid_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const std::string& path() const { return place_; }
  [[nodiscard]] const std::string& parent() const { return folder_.path(); }
  void resize(const char* size) const {
    const std::string options = std::string("size=") + size;
    REQUIRE(::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT, options.c_str()) == 0);
  }
  void set_read_only(unsigned long flag) const {
    REQUIRE(::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT | flag, "mode=0755") == 0);
  }

 private:
  TestFolder folder_;
  std::string place_;
  bool valid_ = false;
};

bool skipped_without(const SmallDisk& disk) {
  if (!disk.valid()) MESSAGE("skipped: no right to mount a tmpfs");
  return !disk.valid();
}

bool is_compressed(const std::string& name) { return name.ends_with(".zst"); }

std::string blocks(std::size_t count, char letter) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::string(1023, letter) + '\n';
  return text;
}

struct Flow {
  int kills = 0;
  int lines = 0;  ///< of each writer
  int at_once = 0;
};

template <std::size_t writers>
void kill_while_lines_flow(const Flow& flow) {
  TestFolder folder;
  Rig rig(folder.path());
  std::array<Rig::Opened, writers> streams;
  for (std::size_t i = 0; i < writers; ++i) {
    streams[i] = rig.open({.instance = "web@" + std::to_string(i),
                           .run = i + 1,
                           .settings = {.max_files = 1000, .max_size = 1u << 20}});
  }
  rig.start();
  std::array<std::unique_ptr<LineWriter>, writers> processes;
  for (std::size_t i = 0; i < writers; ++i) {
    processes[i] = std::make_unique<LineWriter>(i, flow.lines, streams[i].write_end, flow.at_once);
    streams[i].write_end.reset();
  }
  std::srand(7);
  for (int killed = 0; killed < flow.kills; ++killed) {
    nap_microseconds(500 + std::rand() % 4000);
    rig.kill();
    rig.start();
  }
  for (const auto& stream : streams) REQUIRE(rig.wait_ended(stream.number));
  for (std::size_t i = 0; i < writers; ++i) {
    std::string expected;
    for (int n = 0; n < flow.lines; ++n) expected += line(i, n);
    const std::string got = whole_log(folder.path() + "/web@" + std::to_string(i));
    CHECK(got.size() == expected.size());
    CHECK((got == expected));
  }
}

}  // namespace

TEST_CASE("row 50: the log writer is SIGKILLed again and again while lines flow") {
  const int kills = wanted_kills();
  kill_while_lines_flow<3>({.kills = kills, .lines = kills * 3000, .at_once = 1});
}

TEST_CASE("row 50: the same while much comes from several at once, which two threads write") {
  const int kills = wanted_kills() / 2;
  kill_while_lines_flow<8>({.kills = kills, .lines = kills * 6000, .at_once = 1500});
}

TEST_CASE("row 47: a full disk with on-full = block loses nothing and goes on by itself") {
  SmallDisk disk("1m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  auto out = rig.open({.settings = {.on_full = model::OnFull::block, .max_files = 1000}});
  LineWriter writer(1, 60000, out.write_end);
  out.write_end.reset();
  const auto begins = rig.wait_trouble(true);
  REQUIRE(begins.has_value());
  CHECK(begins->instance == "web");
  CHECK(begins->text.find("No space left") != std::string::npos);
  disk.resize("64m");
  REQUIRE(rig.wait_ended(out.number));
  std::string expected;
  for (int n = 0; n < 60000; ++n) expected += line(1, n);
  CHECK((whole_log(disk.path() + "/log/web") == expected));
  const auto ends = rig.wait_trouble(false);
  REQUIRE(ends.has_value());
  CHECK(ends->dropped == 0);
}

TEST_CASE("row 47: while one log waits for a full disk, another on the same writer flows") {
  SmallDisk disk("1m", "web");
  if (skipped_without(disk)) return;
  Rig rig(disk.parent());
  rig.start();
  auto waiting = rig.open({.settings = {.on_full = model::OnFull::block}});
  LineWriter writer(1, 60000, waiting.write_end);
  REQUIRE(rig.wait_trouble(true).has_value());
  auto other =
      rig.open({.instance = "other", .settings = {.max_files = 100, .max_size = 1u << 20}});
  const std::string text = lines_of(50000);
  write_to(other.write_end, text);
  other.write_end.reset();
  CHECK(rig.wait_ended(other.number));
  CHECK((whole_log(disk.parent() + "/other") == text));
  rig.send(journal::Discard{.number = waiting.number});
  CHECK(rig.wait_ended(waiting.number));
}

TEST_CASE("row 47: a log writer killed while the disk is full leaves nothing behind") {
  SmallDisk disk("1m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  auto out = rig.open({.settings = {.on_full = model::OnFull::block, .max_files = 1000}});
  LineWriter writer(1, 60000, out.write_end);
  out.write_end.reset();
  REQUIRE(rig.wait_trouble(true).has_value());
  rig.kill();
  rig.start();
  disk.resize("64m");
  REQUIRE(rig.wait_ended(out.number));
  std::string expected;
  for (int n = 0; n < 60000; ++n) expected += line(1, n);
  CHECK((whole_log(disk.path() + "/log/web") == expected));
}

TEST_CASE("row 47: drop-newest counts what it drops and keeps the beginning") {
  SmallDisk disk("1m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  auto out = rig.open({.settings = {.on_full = model::OnFull::drop_newest}});
  const std::string text = blocks(3000, 'a');
  write_to(out.write_end, text);
  REQUIRE(rig.wait_trouble(true).has_value());
  disk.resize("64m");
  const auto ends = rig.wait_trouble(false);
  REQUIRE(ends.has_value());
  CHECK(ends->dropped > 0);
  write_to(out.write_end, "after\n");
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  const std::string got = whole_log(disk.path() + "/log/web");
  CHECK(got.size() == text.size() + 6 - ends->dropped);
  CHECK(got.ends_with("\nafter\n"));
}

TEST_CASE("row 47: drop-oldest removes its own closed segments and keeps the newest output") {
  SmallDisk disk("2m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  auto out = rig.open({.settings = {.max_files = 1000, .max_size = 256u << 10}});
  const std::string text = lines_of(40000);
  write_to(out.write_end, text);
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  const std::string got = whole_log(disk.path() + "/log/web");
  CHECK(got.size() > 1u << 20);
  CHECK(text.ends_with(got));
}

TEST_CASE("row 47: drop-oldest makes room among compressed segments too, and no byte comes twice") {
  SmallDisk disk("2m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  auto out = rig.open(
      {.settings = {.max_files = 1000, .max_size = 128u << 10, .compress = model::Compress::zstd}});
  std::string text;  // numbers that hardly repeat: of a compressed one some half is left
  for (std::uint64_t i = 0, x = 1; i < 250'000; ++i) {
    x = x * 6'364'136'223'846'793'005U + 1;
    text += std::to_string(x) + '\n';
  }
  const std::string place = disk.path() + "/log/web";
  const std::string_view whole = text;
  write_to(out.write_end, whole.substr(0, 1u << 20));
  REQUIRE(eventually([&] { return std::ranges::any_of(names_in(place), is_compressed); }));
  write_to(out.write_end, whole.substr(1u << 20));
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  const std::string got = whole_log(place);
  CHECK(got.size() > 1u << 20);
  CHECK((text.ends_with(got)));
}

TEST_CASE("row 48: a read-only file system is a trouble that ends by itself") {
  SmallDisk disk("8m");
  if (skipped_without(disk)) return;
  Rig rig(disk.path() + "/log");
  rig.start();
  disk.set_read_only(MS_RDONLY);
  auto out = rig.open({.settings = {.on_full = model::OnFull::block}});
  write_to(out.write_end, "patient\n");
  const auto begins = rig.wait_trouble(true);
  REQUIRE(begins.has_value());
  CHECK(begins->text.find("Read-only") != std::string::npos);
  disk.set_read_only(0);
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  CHECK(whole_log(disk.path() + "/log/web") == "patient\n");
}

TEST_CASE("row 48: RLIMIT_FSIZE below max-size closes segments earlier and kills nobody") {
  TestFolder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  Rig rig(folder.path());
  const rlimit small{.rlim_cur = 256u << 10, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  rig.start();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  auto out = rig.open({.settings = {.on_full = model::OnFull::block, .max_files = 1000}});
  const std::string text = lines_of(20000);
  write_to(out.write_end, text);
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  CHECK((whole_log(folder.path() + "/web") == text));
}

TEST_CASE(
    "row 53: a line of 300 MB without an end is kept in rotating segments, in constant memory") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = {.max_files = 1, .max_size = 4u << 20}});
  write_to(out.write_end, std::string(4u << 20, 'x'));
  const long before = anonymous_kib(rig.pid());
  const std::string piece(1u << 20, 'y');
  for (int i = 0; i < 300; ++i) write_to(out.write_end, piece);
  const long after = anonymous_kib(rig.pid());
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  REQUIRE(before > 0);
  if (!is_sanitized) CHECK(after - before < 512);  // a sanitizer keeps what was freed
  const std::string kept = whole_log(folder.path() + "/web");
  CHECK(kept.size() <= 8u << 20);
  CHECK(kept.size() >= 4u << 20);
  CHECK(kept.find_first_not_of('y') == std::string::npos);
}

TEST_CASE("row 54: a flood does not keep others waiting") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto flood = rig.open({.instance = "yes", .settings = {.max_files = 1, .max_size = 1u << 20}});
  auto quiet = rig.open({.instance = "quiet"});
  LineWriter writer(1, 1 << 30, flood.write_end);
  int seen = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string text = "line " + std::to_string(i) + "\n";
    write_to(quiet.write_end, text);
    const bool came =
        eventually([&] { return content_of(folder.path() + "/quiet/stdout.log").ends_with(text); });
    if (came) ++seen;
  }
  CHECK(seen == 20);
  CHECK(!writer.done());
}

TEST_CASE("row 58: a closed pipe does not spin, and nothing wakes an idle log writer") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto closed = rig.open({});
  auto open = rig.open({.instance = "open"});
  write_to(closed.write_end, lines_of(20000));  // hot for a while, and its pipe widened
  closed.write_end.reset();
  REQUIRE(rig.wait_ended(closed.number));
  const auto switches = [&] {
    const std::string status = content_of("/proc/" + std::to_string(rig.pid()) + "/status");
    const std::size_t at = status.find("\nvoluntary_ctxt_switches:");
    return at == std::string::npos ? -1 : std::atol(status.c_str() + at + 26);
  };
  // Quiet at last: no wakeup in a tenth of a second. One that spins or polls never gets there.
  bool quiet = false;
  for (int i = 0; i < 50 && !quiet; ++i) {
    const long before = switches();
    nap_microseconds(100000);
    quiet = before >= 0 && switches() == before;
  }
  CHECK(quiet);
}
