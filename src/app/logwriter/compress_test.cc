// SPDX-License-Identifier: Apache-2.0
// Closed segments are compressed.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "app/logwriter/rig_test_support.h"
#include "os/files.h"

using namespace stayd;
using namespace stayd::app;

namespace {

constexpr std::uint64_t small = 64u << 10;

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

TEST_CASE("a segment that cannot be compressed is a trouble, told of once, until it can be") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const std::string place = folder.path() + "/web";
  REQUIRE(::mkdir(place.c_str(), 0750) == 0);
  const std::string in_the_way = place + "/stdout.000001.log.tmp";
  REQUIRE(::mkdir(in_the_way.c_str(), 0750) == 0);
  auto out = rig.open(
      {.settings = {.max_files = 1000, .max_size = small, .compress = model::Compress::zstd}});
  write_to(out.write_end, lines_of(8000));
  const auto begins = rig.wait_trouble(true);
  REQUIRE(begins.has_value());
  CHECK(begins->instance == "web");
  CHECK(begins->target == "the compressed stdout of web");
  CHECK(begins->text == "Is a directory; a closed file stays as it is");
  CHECK(eventually([&] { return closed_in(place).plain == std::vector<std::uint64_t>{1}; }));
  REQUIRE(::rmdir(in_the_way.c_str()) == 0);
  REQUIRE(::kill(rig.pid(), SIGUSR1) == 0);  // try again at once
  const auto ends = rig.next();
  REQUIRE(ends.has_value());
  REQUIRE(std::holds_alternative<journal::Trouble>(*ends));
  CHECK_FALSE(std::get<journal::Trouble>(*ends).begins);
  CHECK(all_compressed(place));
}
