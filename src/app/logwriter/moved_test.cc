// SPDX-License-Identifier: Apache-2.0
// What others do to log files: remove, move, replace, truncate them.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/logwriter/rig_test_support.h"
#include "os/files.h"

using namespace stayd;
using namespace stayd::app;

namespace {

/// One output of an instance, and its file.
struct OneLog {
  OneLog(Rig& rig, const std::string& log_dir, const std::string& name)
      : place(log_dir + "/" + name),
        file(place + "/stdout.log"),
        out(rig.open({.instance = name})) {
    REQUIRE(goes_on("first\n"));
  }
  /// Whether what is said is in the file at last.
  [[nodiscard]] bool goes_on(const char* what) const {
    return eventually([&] {
      write_to(out.write_end, what);
      return content_of(file).find(what) != std::string::npos;
    });
  }
  std::string place, file;
  Rig::Opened out;
};

}  // namespace

// Each is done to a log of its own, at once: names are looked at once a second.
TEST_CASE("row 49: the log file is removed, renamed, replaced by a symlink or a FIFO, truncated") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const std::string victim = folder.path() + "/victim";
  REQUIRE(os::write_file(victim, "precious", 0600).has_value());
  const OneLog removed(rig, folder.path(), "removed");
  const OneLog renamed(rig, folder.path(), "renamed");
  const OneLog link(rig, folder.path(), "link");
  const OneLog fifo(rig, folder.path(), "fifo");
  const OneLog truncated(rig, folder.path(), "truncated");
  REQUIRE(::unlink(removed.file.c_str()) == 0);
  REQUIRE(::rename(renamed.file.c_str(), (renamed.place + "/mine").c_str()) == 0);
  REQUIRE(::unlink(link.file.c_str()) == 0);
  REQUIRE(::symlink(victim.c_str(), link.file.c_str()) == 0);
  REQUIRE(::unlink(fifo.file.c_str()) == 0);
  REQUIRE(::mkfifo(fifo.file.c_str(), 0600) == 0);
  REQUIRE(::truncate(truncated.file.c_str(), 0) == 0);
  for (const OneLog* log : {&removed, &renamed, &link, &fifo, &truncated}) {
    CAPTURE(log->place);
    CHECK(log->goes_on("and on\n"));
    CHECK(content_of(log->file).find('\0') == std::string::npos);
  }
  CHECK(content_of(renamed.place + "/mine").starts_with("first\n"));
  CHECK(content_of(victim) == "precious");
}

TEST_CASE("row 49: truncated before each system call of a write, the log has no hole") {
  for (int n = 100;; n += call_step(2)) {  // before that it sets itself up
    TestFolder folder;
    Rig rig(folder.path());
    rig.start();
    OneLog log(rig, folder.path(), "web");
    rig.kill();
    write_to(log.out.write_end, "second\n");
    log.out.write_end.reset();
    const bool stopped = rig.start_until_call(n);
    if (stopped) {
      REQUIRE(::truncate(log.file.c_str(), 0) == 0);
      rig.go_on_and_end();
    }
    CAPTURE(n);
    const std::string text = content_of(log.file);
    CHECK(text.find('\0') == std::string::npos);
    CHECK((text.empty() || text.ends_with("second\n")));
    if (stopped) continue;
    CHECK(n > 150);
    break;
  }
}

TEST_CASE("row 49: the log folder is removed, or is a symlink") {
  TestFolder folder;
  Rig rig(folder.path() + "/log");
  rig.start();
  Rig other_rig(folder.path() + "/other");
  other_rig.start();
  const OneLog removed(rig, folder.path() + "/log", "web");
  const OneLog link(other_rig, folder.path() + "/other", "web");
  REQUIRE(std::system(("rm -r " + folder.path() + "/log").c_str()) == 0);
  const std::string elsewhere = folder.path() + "/elsewhere";
  REQUIRE(::mkdir(elsewhere.c_str(), 0755) == 0);
  REQUIRE(std::system(("rm -r " + link.place).c_str()) == 0);
  REQUIRE(::symlink(elsewhere.c_str(), link.place.c_str()) == 0);
  CHECK(removed.goes_on("made again\n"));
  std::optional<journal::Trouble> trouble;
  CHECK(eventually([&] {
    write_to(link.out.write_end, "away\n");
    const auto message = other_rig.poll();
    const auto* told = message ? std::get_if<journal::Trouble>(&*message) : nullptr;
    if (told != nullptr) trouble = *told;
    return told != nullptr && told->begins;
  }));
  REQUIRE(trouble.has_value());
  CHECK(names_in(elsewhere).empty());
}

TEST_CASE("SIGUSR1 after a rename, as logrotate does it: no byte is lost, none doubled") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  REQUIRE(rig.next().has_value());  // Hello: it is past its setting up
  auto out = rig.open({});
  const std::string place = folder.path() + "/web";
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    const std::string before = "before " + std::to_string(i) + "\n";
    write_to(out.write_end, before);
    expected += before;
    const std::string moved = place + "/stdout.log." + std::to_string(i);
    REQUIRE(eventually([&] { return content_of(place + "/stdout.log").ends_with(before); }));
    REQUIRE(::rename((place + "/stdout.log").c_str(), moved.c_str()) == 0);
    if (i % 2 == 1) REQUIRE(os::write_file(place + "/stdout.log", "", 0640).has_value());
    REQUIRE(::kill(rig.pid(), SIGUSR1) == 0);
    // Let go of, without a further byte.
    CHECK(eventually([&] {
      for (const std::string& number : names_in("/proc/" + std::to_string(rig.pid()) + "/fd")) {
        const std::string link = "/proc/" + std::to_string(rig.pid()) + "/fd/" + number;
        std::string target(4096, '\0');
        const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
        if (size > 0 && target.substr(0, static_cast<std::size_t>(size)) == moved) return false;
      }
      return true;
    }));
    const std::string after = "after " + std::to_string(i) + "\n";
    write_to(out.write_end, after);
    CHECK(eventually([&] { return content_of(place + "/stdout.log") == after; }));
    CHECK(content_of(moved).ends_with(before));
    expected += after;
  }
  std::string got;
  for (int i = 0; i < 5; ++i) got += content_of(place + "/stdout.log." + std::to_string(i));
  CHECK(got + content_of(place + "/stdout.log") == expected);
}
