// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/logwriter.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "app/logwriter/rig_test_support.h"

using namespace stayd;
using namespace stayd::app;

TEST_CASE("what a service writes is in its file, byte for byte, when Ended comes") {
  TestFolder folder;
  Rig rig(folder.path() + "/log");
  rig.start();
  auto out = rig.open({});
  auto err = rig.open({.kind = journal::StreamKind::stderr_only});
  const std::string text = lines_of(3000) + std::string("\0\xff no line end", 15);
  write_to(out.write_end, text);
  write_to(err.write_end, "oops\n");
  out.write_end.reset();
  err.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  CHECK(rig.wait_ended(err.number));
  CHECK(whole_log(folder.path() + "/log/web") == text);
  CHECK(whole_log(folder.path() + "/log/web", "stderr") == "oops\n");
}

TEST_CASE("two runs of an instance that both print much share a file, and no byte is lost") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const std::string text = lines_of(200'000);
  std::vector<std::uint32_t> numbers;
  std::vector<pid_t> writers;
  for (std::uint64_t run = 1; run <= 2; ++run) {
    const auto out = rig.open({.run = run});
    const pid_t writer = ::fork();
    if (writer == 0) {
      write_to(out.write_end, text);
      ::_exit(0);
    }
    writers.push_back(writer);
    numbers.push_back(out.number);
  }
  for (const pid_t writer : writers) CHECK(::waitpid(writer, nullptr, 0) == writer);
  for (const std::uint32_t number : numbers) CHECK(rig.wait_ended(number));
  CHECK(whole_log(folder.path() + "/web").size() == 2 * text.size());
}

TEST_CASE("rotation closes segments at line ends and keeps every byte") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = {.max_files = 100, .max_size = 64u << 10}});
  const std::string text = lines_of(40000);
  write_to(out.write_end, text);
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  const std::string place = folder.path() + "/web";
  CHECK(whole_log(place) == text);
  std::size_t segments = 0;
  for (const std::string& name : names_in(place)) {
    if (!name.ends_with(".log")) continue;
    ++segments;
    const std::string segment = content_of(place + "/" + name);
    CHECK(segment.size() <= 64u << 10);
    CHECK(segment.ends_with('\n'));
  }
  CHECK(segments > text.size() / (64u << 10));
}

TEST_CASE("max-files: the newest closed segments are kept") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = {.max_files = 2, .max_size = 64u << 10}});
  const std::string text = lines_of(20000);
  write_to(out.write_end, text);
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  const std::string place = folder.path() + "/web";
  CHECK(text.ends_with(whole_log(place)));
  CHECK(names_in(place).size() == 6);  // two closed ones and the current one, each with an index
}

TEST_CASE("row 57: a discarded stream ends although its pipe stays open") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({});
  write_to(out.write_end, "said before\n");
  rig.send(journal::Discard{.number = out.number});
  CHECK(rig.wait_ended(out.number));
  CHECK(whole_log(folder.path() + "/web") == "said before\n");
}

TEST_CASE("Leave: what was written is in the file, open streams are not waited for") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({});
  write_to(out.write_end, "last words");
  rig.send(journal::Leave{});
  CHECK(rig.wait() == 0);
  CHECK(whole_log(folder.path() + "/web") == "last words");
}

TEST_CASE("signals do not end it") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  REQUIRE(rig.next().has_value());  // Hello: it is past its setting up
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE, SIGTSTP}) {
    REQUIRE(::kill(rig.pid(), signal) == 0);
  }
  auto out = rig.open({});
  write_to(out.write_end, "still here\n");
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  rig.send(journal::Leave{});
  CHECK(rig.wait() == 0);
}
