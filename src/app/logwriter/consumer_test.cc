// SPDX-License-Identifier: Apache-2.0
// Commands that get an output on their standard input.
#include <doctest/doctest.h>

#include <string>

#include "app/logwriter/rig_test_support.h"
#include "os/files.h"

using namespace stayd;
using namespace stayd::app;

namespace {

Rig::Wanted with_command(const std::string& script, journal::StreamSettings settings) {
  return {.settings = std::move(settings), .exec = {"/bin/sh", "-c", script}};
}

}  // namespace

TEST_CASE("a command gets all of its output, and an end of file at the end of the run") {
  for (const bool to_file : {true, false}) {
    TestFolder folder;
    Rig rig(folder.path() + "/log");
    rig.start();
    const std::string got = folder.path() + "/got";
    const std::string end = got + ".end";
    std::string script = "cat > " + got;
    script += "; echo $STAYD_INSTANCE $STAYD_RUN $STAYD_STREAM > ";
    script += end;
    auto out = rig.open(with_command(script, {.to_file = to_file}));
    const std::string text = lines_of(3000) + "no end";
    write_to(out.write_end, text);
    out.write_end.reset();
    CHECK(rig.wait_ended(out.number));
    REQUIRE(eventually([&] { return content_of(end).ends_with('\n'); }));
    CHECK(content_of(end) == "web 1 stdout\n");
    CHECK((content_of(got) == text));
    CHECK((whole_log(folder.path() + "/log/web") == (to_file ? text : "")));
  }
}

TEST_CASE("a command that dies is started again, and goes on with what it had not read") {
  TestFolder folder;
  Rig rig(folder.path() + "/log");
  rig.start();
  const std::string got = folder.path() + "/got";
  // `read` of a shell takes byte by byte: each one takes one line and no more.
  auto out = rig.open(with_command("read line; echo \"$line\" >> " + got, {}));
  write_to(out.write_end, "one\ntwo\n");
  const auto begun = rig.wait_trouble(true);
  REQUIRE(begun.has_value());
  CHECK(begun->target == "the log command of web");
  CHECK(begun->text == "sh ended with code 0 and is started again");
  REQUIRE(eventually([&] { return content_of(got) == "one\ntwo\n"; }));
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
}

TEST_CASE("a command that reads nothing holds nobody up, unless on-full = block says so") {
  TestFolder folder;
  Rig rig(folder.path() + "/log");
  rig.start();
  const std::string gate = folder.path() + "/gate";
  const std::string got = folder.path() + "/got";
  const std::string script =
      "while [ ! -e " + gate + " ]; do sleep 0.05; done; cat > " + got + "; : > " + got + ".end";
  const std::string text = lines_of(40000);  // some 1.9 MB
  auto drops = rig.open(with_command(script, {}));
  write_to(drops.write_end, text);
  drops.write_end.reset();
  CHECK(rig.wait_ended(drops.number));
  CHECK((whole_log(folder.path() + "/log/web") == text));
  (void)os::open_file(gate, os::OpenFor::append_create);
  const auto over = rig.wait_trouble(false);
  REQUIRE(over.has_value());
  REQUIRE(eventually([&] { return content_of(got).size() + over->dropped == text.size(); }));
  CHECK(over->dropped > 1'000'000);
  CHECK(text.starts_with(content_of(got)));
}

TEST_CASE(
    "on-full = block: the service waits for a command that does not read, and loses nothing") {
  TestFolder folder;
  Rig rig(folder.path() + "/log");
  rig.start();
  const std::string got = folder.path() + "/got";
  auto out = rig.open(with_command("sleep 0.3; cat > " + got, {.on_full = model::OnFull::block}));
  const std::string text = lines_of(40000);
  write_to(out.write_end, text);
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  CHECK(eventually([&] { return content_of(got).size() == text.size(); }));
  CHECK((content_of(got) == text));
}
