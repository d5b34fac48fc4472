// SPDX-License-Identifier: Apache-2.0
// Which segments are kept, and how long.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "app/logwriter/rig_test_support.h"
#include "journal/index_format.h"

using namespace stayd;
using namespace stayd::app;

namespace {

constexpr std::uint64_t small = 64u << 10;

}  // namespace

TEST_CASE("memory stays as it is over thousands of rotations of a hundred logs") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  constexpr std::size_t count = 100;
  std::vector<Rig::Opened> streams;
  streams.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    streams.push_back(rig.open(
        {.instance = "s" + std::to_string(i), .settings = {.max_files = 2, .max_size = small}}));
  }
  const std::string text = lines_of(4000);
  const auto rotate_all = [&](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      for (const auto& stream : streams) write_to(stream.write_end, text);
    }
  };
  rotate_all(3);
  const long before = anonymous_kib(rig.pid());
  rotate_all(6);
  if (!is_sanitized) CHECK(anonymous_kib(rig.pid()) <= before + 64);
  const auto newest = [&](std::size_t i) {
    const auto texts = closed_in(folder.path() + "/s" + std::to_string(i)).texts;
    return texts.empty() ? 0 : texts.back();
  };
  std::uint64_t rotations = 0;
  for (std::size_t i = 0; i < count; ++i) rotations += newest(i);
  CHECK(rotations > 2000);
}

TEST_CASE("max-total: an instance's files stay below it, standard error with them") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const journal::StreamSettings settings{
      .max_files = 1000, .max_size = small, .max_total = 16 * small};
  auto out = rig.open({.settings = settings});
  auto err = rig.open({.kind = journal::StreamKind::stderr_only, .settings = settings});
  const std::string place = folder.path() + "/web";
  std::string text;
  for (int i = 0; i < 30; ++i) {
    const std::string more = lines_of(3000);
    text += more;
    write_to(out.write_end, more);
    write_to(err.write_end, more.substr(0, more.size() / 3));
    CHECK(bytes_below(place) <= settings.max_total);
  }
  out.write_end.reset();
  err.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  REQUIRE(rig.wait_ended(err.number));
  CHECK(bytes_below(place) <= settings.max_total);
  CHECK(bytes_below(place) >= settings.max_total / 2);
  CHECK((text.ends_with(whole_log(place))));
  CHECK(!whole_log(place, "stderr").empty());
}

TEST_CASE("max-total below max-size: segments are smaller") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = {.max_total = 256u << 10}});
  const std::string text = lines_of(30000);
  write_to(out.write_end, text);
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  CHECK(bytes_below(folder.path() + "/web") <= 256u << 10);
  CHECK(text.ends_with(whole_log(folder.path() + "/web")));
}

TEST_CASE("all logs together stay below log-max-total, and the oldest segments go first") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  constexpr std::uint64_t limit = 2u << 20;
  rig.send(journal::Configure{.log_dir = folder.path(), .max_total = limit});
  const journal::StreamSettings settings{.max_files = 1000, .max_size = small};
  const auto write = [&](const std::string& name) {
    auto out = rig.open({.instance = name, .settings = settings});
    write_to(out.write_end, lines_of(10000));
    out.write_end.reset();
    REQUIRE(rig.wait_ended(out.number));
  };
  const auto total = [&] {
    std::uint64_t sum = 0;
    for (const std::string& name : names_in(folder.path())) {
      sum += bytes_below(folder.path() + "/" + name);
    }
    return sum;
  };
  for (int i = 0; i < 10; ++i) {
    write("s" + std::to_string(i));
    CHECK(total() <= limit + (1u << 20));  // a burst of 1 MiB may come before it is looked at
  }
  CHECK(eventually([&] { return total() <= limit; }));
  CHECK(closed_in(folder.path() + "/s0").texts.empty());
  CHECK(closed_in(folder.path() + "/s9").texts.size() > 4);
}

TEST_CASE("max-age: a segment is closed although nothing comes, and removed when it is too old") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto brief = rig.open({.instance = "brief", .settings = {.max_age = seconds(1)}});
  write_to(brief.write_end, "of its time\n");
  // Closed after 3 s, and there for long enough to be seen on a slow machine.
  auto out = rig.open({.settings = {.max_age = seconds(24)}});
  write_to(out.write_end, "of its time\n");
  const std::string place = folder.path() + "/web";
  CHECK(eventually([&] { return closed_in(place).texts.size() == 1; }));
  CHECK(whole_log(place) == "of its time\n");
  write_to(out.write_end, "new\n");
  CHECK(eventually([&] { return whole_log(place) == "of its time\nnew\n"; }));
  const std::string gone = folder.path() + "/brief";
  CHECK(eventually([&] { return closed_in(gone).texts.empty() && whole_log(gone).empty(); }));
}

TEST_CASE("max-age holds for services that do not run, and for those that are no more") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const auto write = [&](const std::string& name, Duration max_age) {
    const journal::StreamSettings settings{
        .max_files = 1000, .max_size = small, .max_age = max_age};
    auto out = rig.open({.instance = name, .settings = settings});
    auto err = rig.open(
        {.instance = name, .kind = journal::StreamKind::stderr_only, .settings = settings});
    write_to(out.write_end, lines_of(4000));
    write_to(err.write_end, "oops\n");
    out.write_end.reset();
    err.write_end.reset();
    REQUIRE(rig.wait_ended(out.number));
    REQUIRE(rig.wait_ended(err.number));
  };
  const auto is_gone = [&](const std::string& name) {
    return eventually([&] { return names_in(folder.path() + "/" + name).empty(); });
  };
  write("stopped", seconds(1));
  write("kept", Duration{});
  CHECK(is_gone("stopped"));
  CHECK(names_in(folder.path() + "/kept").size() > 4);
  write("former", seconds(1));
  rig.kill();
  rig.start();  // nobody tells this one of it
  CHECK(is_gone("former"));
  CHECK((whole_log(folder.path() + "/kept") == lines_of(4000)));
}

TEST_CASE("max-age of a log is what its latest run says") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const auto write = [&](RunId run, Duration max_age) {
    auto out = rig.open({.run = number_of(run), .settings = {.max_age = max_age}});
    write_to(out.write_end, "line\n");
    out.write_end.reset();
    REQUIRE(rig.wait_ended(out.number));
  };
  const std::string place = folder.path() + "/web";
  const auto max_age = [&] {
    const auto header = journal::decode_header(content_of(place + "/stdout.idx").substr(0, 64));
    return header ? header->max_age : seconds(-1);
  };
  write(RunId{1}, seconds(3600));
  CHECK(max_age() == seconds(3600));
  write(RunId{2}, seconds(7200));
  CHECK(max_age() == seconds(7200));
  write(RunId{3}, Duration{});
  CHECK(max_age() == Duration{});
}

TEST_CASE("max-age holds for what an earlier log writer has written") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto first = rig.open({.settings = {.max_files = 1000, .max_size = small}});
  write_to(first.write_end, lines_of(4000));
  first.write_end.reset();
  REQUIRE(rig.wait_ended(first.number));
  const std::string place = folder.path() + "/web";
  REQUIRE(!closed_in(place).texts.empty());
  rig.kill();
  rig.start();
  auto second = rig.open({.run = 2, .settings = {.max_age = seconds(1)}});
  CHECK(eventually([&] { return closed_in(place).texts.empty() && whole_log(place).empty(); }));
}
