// SPDX-License-Identifier: Apache-2.0
#include "journal/reader.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "journal/reader_test_support.h"
#include "journal/segment_names.h"
#include "journal/shown_text.h"

using namespace stayd;
using namespace stayd::journal;

namespace {

void seek_last(LogReader& reader, std::size_t lines) {
  reader.seek_end();
  while (lines-- > 0 && reader.previous()) {
  }
}

std::string all_text(LogReader& reader) {
  std::string all;
  while (auto line = reader.next()) all += line->text + "|";
  if (auto line = reader.rest()) all += line->text;
  return all;
}

}  // namespace

TEST_CASE("lines come in order across segments, with the time and run of their burst") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\n");
  folder.write("stdout.000001.idx", index_of({burst(10, 1, 0, 4), burst(20, 2, 4, 4)}));
  folder.write("stdout.log", "three\nno end");
  folder.write("stdout.idx", index_of({burst(30, 2, 0, 6)}));
  LogReader reader = open(folder);
  auto line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text == "one");
  CHECK(line->at.wall.ns == 10);
  CHECK(line->run == RunId{1});
  line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text == "two");
  CHECK(line->at.wall.ns == 20);
  line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text == "three");
  CHECK(line->time_known);
  CHECK(!reader.next().has_value());
  line = reader.rest();
  REQUIRE(line.has_value());
  CHECK(line->text == "no end");
  CHECK(!line->time_known);
}

TEST_CASE("the last n lines are found from the end, in earlier segments too") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\n");
  folder.write("stdout.000002.log", "three\n");
  folder.write("stdout.log", "four\nfive\n");
  const char* expected[] = {"",
                            "five|",
                            "four|five|",
                            "three|four|five|",
                            "two|three|four|five|",
                            "one|two|three|four|five|",
                            "one|two|three|four|five|"};
  for (std::size_t n = 0; n < 7; ++n) {
    LogReader reader = open(folder);
    seek_last(reader, n);
    CHECK(all_text(reader) == expected[n]);
  }
}

TEST_CASE("a reader goes on across a rotation") {
  Folder folder;
  folder.write("stdout.log", "one\n");
  LogReader reader = open(folder);
  CHECK(reader.next()->text == "one");
  CHECK(!reader.next().has_value());
  std::filesystem::rename(folder.path() + "/stdout.log", folder.path() + "/stdout.000001.log");
  folder.write("stdout.log", "two\n");
  const auto line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text == "two");
}

TEST_CASE("a reader skips nothing when rotations come while it looks for what is next") {
  constexpr int pairs = 200;
  Folder folder;
  folder.write("stdout.log", "0\n");
  std::atomic<int> seen{-1};
  std::thread writer([&] {
    const std::string current = folder.path() + "/stdout.log";
    const std::string fresh = folder.path() + "/fresh";
    for (int number = 1; number <= 2 * pairs; ++number) {
      while (number % 2 == 1 && seen.load() + 1 < number) std::this_thread::yield();
      std::ofstream(fresh) << number << '\n';
      std::filesystem::rename(
          current,
          folder.path() + "/" + closed_text_name(LogKind::out, static_cast<std::uint64_t>(number)));
      std::filesystem::rename(fresh, current);
    }
  });
  LogReader reader = open(folder);
  bool all_came = true;
  while (seen.load() < 2 * pairs && all_came) {
    const auto line = reader.next();
    if (!line) continue;
    all_came = line->text == std::to_string(seen.load() + 1);
    seen.store(all_came ? seen.load() + 1 : 2 * pairs);
  }
  writer.join();
  CHECK(all_came);
}

TEST_CASE("what was not kept is told where it is missing") {
  Folder folder;
  folder.write("stdout.log", "a\nb\n");
  IndexRecord gap{.at = {.wall = {5}}, .offset = 2, .value = 777, .kind = RecordKind::gap};
  folder.write("stdout.idx", index_of({burst(1, 1, 0, 2), gap, burst(9, 1, 2, 2)}));
  LogReader reader = open(folder);
  CHECK(reader.next()->text == "a");
  CHECK(reader.next()->lost == 777);
  const auto line = reader.next();
  CHECK(line->text == "b");
  CHECK(line->at.wall.ns == 9);
}

TEST_CASE("a damaged index costs times, never text") {
  Folder folder;
  std::string index = index_of({burst(1, 1, 0, 2), burst(2, 1, 2, 2)});
  index[70] = static_cast<char>(index[70] ^ 1);
  folder.write("stdout.log", "a\nb\n");
  folder.write("stdout.idx", index);
  LogReader reader = open(folder);
  CHECK(!reader.next()->time_known);
  CHECK(reader.next()->time_known);
}

TEST_CASE("golden: the bytes of an index record stay as they are") {
  const std::string record = bytes(encode(burst(0x0102030405060708, 9, 10, 11)));
  CHECK(record.substr(0, 8) == "\x08\x07\x06\x05\x04\x03\x02\x01");
  CHECK(record[16] == 9);
  CHECK(record[24] == 10);
  CHECK(record[32] == 11);
  CHECK(record[48] == 1);
  CHECK(record.size() == 64);
  CHECK(bytes(encode(IndexHeader{})).starts_with("staydidx\x01"));
}

TEST_CASE("row 53: control bytes and bytes that are no UTF-8 are escaped, colours pass if wanted") {
  const auto shown = [](std::string_view line, Colours colours) {
    std::string out;
    append_shown(out, line, colours);
    return out;
  };
  CHECK(shown("tab\there\r", Colours::kept) == "tab\there");
  CHECK(shown("10%\r20%", Colours::kept) == "10%\\r20%");
  CHECK(shown(std::string_view("nul\0\x7f\xff", 6), Colours::kept) == "nul\\x00\\x7f\\xff");
  CHECK(shown("grün \xc2\x9b", Colours::kept) == "grün \\xc2\\x9b");
  CHECK(shown("\x1b[31mred", Colours::kept) == "\x1b[31mred\x1b[0m");
  CHECK(shown("\x1b[31mred", Colours::removed) == "red");
  CHECK(shown("\x1b[2K\x1b[32mbuilt\x1b[K", Colours::kept) == "\x1b[32mbuilt\x1b[0m");
  CHECK(shown("\x1b[2Kbuilt", Colours::removed) == "built");
  CHECK(shown("\x1b[2J", Colours::kept) == "\\x1b[2J");
  CHECK(shown("\x1b]0;title\x07", Colours::kept) == "\\x1b]0;title\\x07");
}

TEST_CASE("seeking by time and run finds the segment and the burst, not the text before") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\n");
  folder.write("stdout.000001.idx", index_of({burst(10, 1, 0, 4), burst(20, 2, 4, 4)}));
  folder.write("stdout.000002.log", "three\nfour\n");
  folder.write("stdout.000002.idx", index_of({burst(30, 2, 0, 6), burst(40, 3, 6, 5)}));
  folder.write("stdout.log", "five\nsix\n");
  folder.write("stdout.idx", index_of({burst(50, 4, 0, 5), burst(60, 5, 5, 4)}));
  const auto since = [&](std::int64_t at) {
    LogReader reader = open(folder);
    reader.seek_time(WallTime{at});
    std::string all;
    while (auto line = reader.next()) {
      if (line->at.wall.ns >= at) all += line->text + "|";
    }
    return all;
  };
  CHECK(since(0) == "one|two|three|four|five|six|");
  CHECK(since(20) == "two|three|four|five|six|");
  CHECK(since(25) == "three|four|five|six|");
  CHECK(since(30) == "three|four|five|six|");
  CHECK(since(41) == "five|six|");
  CHECK(since(60) == "six|");
  CHECK(since(61).empty());
  LogReader reader = open(folder);
  reader.seek_run(RunId{2});
  std::string of_run;
  while (auto line = reader.next()) {
    if (line->run == RunId{2}) of_run += line->text + "|";
  }
  CHECK(of_run == "two|three|");
  CHECK(reader.run_before(RunId{100}) == RunId{5});
  CHECK(reader.run_before(RunId{4}) == RunId{3});
  CHECK_FALSE(reader.run_before(RunId{1}).has_value());
}

TEST_CASE("seeking begins earlier, never later, where an index is lost") {
  Folder folder;
  folder.write("stdout.000001.log", "one\n");
  folder.write("stdout.000001.idx", index_of({burst(10, 1, 0, 4)}));
  folder.write("stdout.000002.log", "two\n");
  folder.write("stdout.log", "three\n");
  folder.write("stdout.idx", index_of({burst(30, 3, 0, 6)}));
  LogReader reader = open(folder);
  reader.seek_time(WallTime{25});
  CHECK(all_text(reader).ends_with("two|three|"));
}
