// SPDX-License-Identifier: Apache-2.0
// Which segments are kept, compressed, and let go of.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/logwriter/rig_test_support.h"
#include "journal/instance_folder.h"
#include "journal/segment_source.h"
#include "os/files.h"

using namespace stayd;
using namespace stayd::app;

namespace {

constexpr std::uint64_t small = 64u << 10;

/// The numbers of closed segments, and how they are kept.
journal::FolderContent closed_in(const std::string& place) {
  const auto folder = os::open_folder(place);
  return folder ? journal::content_of(folder->view(), journal::LogKind::out)
                : journal::FolderContent{};
}

std::uint64_t bytes_below(const std::string& place) {
  std::uint64_t sum = 0;
  for (const std::string& name : names_in(place)) {
    struct stat found{};
    if (::stat(std::string(place).append("/").append(name).c_str(), &found) == 0) {
      sum += static_cast<std::uint64_t>(found.st_size);
    }
  }
  return sum;
}

bool all_compressed(const std::string& place) {
  const journal::FolderContent content = closed_in(place);
  return !content.texts.empty() && content.plain.empty() && content.unfinished.empty();
}

int nice_of_child(pid_t parent) {
  const std::string pid = std::to_string(parent);
  const std::string child = content_of("/proc/" + pid + "/task/" + pid + "/children");
  return child.empty() ? 0 : ::getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoi(child)));
}

}  // namespace

TEST_CASE("closed segments are compressed, one by one, and no byte is lost") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open(
      {.settings = {.max_files = 1000, .max_size = small, .compress = model::Compress::zstd}});
  const std::string text = lines_of(20000);
  write_to(out.write_end, text);
  const std::string place = folder.path() + "/web";
  CHECK(eventually([&] { return all_compressed(place); }));
  const std::size_t segments = closed_in(place).texts.size();
  CHECK(segments >= text.size() / small);
  CHECK(closed_in(place).indexes.size() == segments);
  CHECK(bytes_below(place) < text.size() / 2);
  CHECK((whole_log(place) == text));
  // A service that is over leaves nothing uncompressed either.
  write_to(out.write_end, text);
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  CHECK(eventually([&] { return all_compressed(place); }));
  CHECK((whole_log(place) == text + text));
}

TEST_CASE("what was not compressed when the log writer was killed is so by its successor") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const journal::StreamSettings plain{.max_files = 1000, .max_size = small};
  auto first = rig.open({.settings = plain});
  const std::string text = lines_of(8000);
  write_to(first.write_end, text);
  first.write_end.reset();
  REQUIRE(rig.wait_ended(first.number));
  const std::string place = folder.path() + "/web";
  REQUIRE(closed_in(place).plain.size() > 3);
  // As a compressor that was killed would leave them.
  REQUIRE(os::write_file(place + "/stdout.000002.log.tmp", "half", 0640).has_value());
  rig.kill();
  rig.start();
  journal::StreamSettings zstd = plain;
  zstd.compress = model::Compress::zstd;
  auto second = rig.open({.run = 2, .settings = zstd});
  write_to(second.write_end, "more\n");
  CHECK(eventually([&] { return all_compressed(place); }));
  CHECK((whole_log(place) == text + "more\n"));
}

TEST_CASE("the compressor runs with the least priority and ends with the log writer") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open(
      {.settings = {.max_files = 1000, .max_size = 8u << 20, .compress = model::Compress::zstd}});
  std::string block(1u << 20, '\n');
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (i % 100 != 0) block[i] = static_cast<char>('a' + (i * 2'654'435'761U >> 13) % 25);
  }
  for (int i = 0; i < 64; ++i) write_to(out.write_end, block);
  CHECK(eventually([&] { return nice_of_child(rig.pid()) == 19; }));
  rig.kill();
  CHECK(eventually([&] { return !is_running("stayd-compress"); }));
}

TEST_CASE("max-files counts a segment once, compressed or not") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open(
      {.settings = {.max_files = 3, .max_size = small, .compress = model::Compress::zstd}});
  const std::string text = lines_of(20000);
  write_to(out.write_end, text);
  const std::string place = folder.path() + "/web";
  CHECK(eventually([&] { return all_compressed(place); }));
  CHECK(closed_in(place).texts.size() == 3);
  CHECK(text.ends_with(whole_log(place)));
}

TEST_CASE("memory stays as it is over thousands of rotations of a hundred logs") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  constexpr std::size_t count = 100;
  std::vector<Rig::Opened> streams;
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
  auto out = rig.open({.settings = {.max_age = seconds(2)}});
  write_to(out.write_end, "of its time\n");
  const std::string place = folder.path() + "/web";
  CHECK(eventually([&] { return closed_in(place).texts.size() == 1; }));
  CHECK(whole_log(place) == "of its time\n");
  CHECK(eventually([&] { return closed_in(place).texts.empty(); }));
  write_to(out.write_end, "new\n");
  CHECK(eventually([&] { return whole_log(place) == "new\n"; }));
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
