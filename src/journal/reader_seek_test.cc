// SPDX-License-Identifier: Apache-2.0
// What is read of a log, and what not: both directions, large files, removed segments.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "journal/reader.h"
#include "journal/reader_test_support.h"
#include "journal/text_compressor.h"

using namespace stayd;
using namespace stayd::journal;

namespace {

std::string shown(const LogLine& line) {
  if (line.lost > 0) return "lost " + std::to_string(line.lost);
  if (line.missing_segments > 0) return "missing " + std::to_string(line.missing_segments);
  const std::string end = line.end == LineEnd::line_end ? ""
                          : line.end == LineEnd::more   ? "+"
                                                        : "-";
  return std::to_string(number_of(line.run)) + ":" + line.text + end;
}

std::vector<std::string> forwards(LogReader& reader) {
  std::vector<std::string> lines;
  while (const auto line = reader.next()) lines.push_back(shown(*line));
  while (const auto line = reader.rest()) lines.push_back(shown(*line));
  return lines;
}

std::vector<std::string> backwards(LogReader& reader) {
  std::vector<std::string> lines;
  while (const auto line = reader.previous()) lines.push_back(shown(*line));
  std::ranges::reverse(lines);
  return lines;
}

/// Bytes that this process has read so far (proc(5), /proc/PID/io).
std::uint64_t bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::uint64_t count = 0;
  REQUIRE((io >> name >> count));
  REQUIRE(name == "rchar:");
  return count;
}

/// A log of 10 GiB whose text is a hole but for one line, and an index with `records` of it.
constexpr std::uint64_t large_size = 10ull << 30;
constexpr std::uint64_t records = 100'000;
constexpr std::uint64_t each = large_size / records;

void make_large_log(const Folder& folder, std::uint64_t line_of) {
  std::string index = bytes(encode(IndexHeader{.segment = 1, .created = {}}));
  for (std::uint64_t i = 0; i < records; ++i) {
    index += bytes(encode(burst(static_cast<std::int64_t>(i), 1, i * each, each)));
  }
  folder.write("stdout.idx", index);
  folder.write("stdout.log", "");
  std::filesystem::resize_file(folder.path() + "/stdout.log", large_size);
  std::fstream text(folder.path() + "/stdout.log", std::ios::in | std::ios::out);
  text.seekp(static_cast<std::streamoff>(line_of * each - 1));
  text << "\nfound it\n";
}

}  // namespace

TEST_CASE("the first line since a time is found in 10 GiB by reading less than 256 KiB") {
  Folder folder;
  constexpr std::uint64_t wanted = records * 2 / 3;
  make_large_log(folder, wanted);
  const std::uint64_t before = bytes_read();
  LogReader reader = open(folder);
  reader.seek_time(WallTime{static_cast<std::int64_t>(wanted)});
  auto line = reader.next();
  while (line && line->at.wall.ns < static_cast<std::int64_t>(wanted)) line = reader.next();
  const std::uint64_t read = bytes_read() - before;
  REQUIRE(line.has_value());
  CHECK(line->text == "found it");
  CHECK(line->at.wall.ns == static_cast<std::int64_t>(wanted));
  CHECK(read < 256u << 10);
}

TEST_CASE("the last lines of 10 GiB are found by reading less than 256 KiB") {
  Folder folder;
  make_large_log(folder, records - 1);
  std::filesystem::resize_file(folder.path() + "/stdout.log", (records - 1) * each + 9);
  const std::uint64_t before = bytes_read();
  LogReader reader = open(folder);
  reader.seek_end();
  const auto line = reader.previous();
  REQUIRE(line.has_value());
  CHECK(line->text == "found it");
  CHECK(line->time_known);
  CHECK(bytes_read() - before < 256u << 10);
}

TEST_CASE("backwards come the lines that come forwards") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\n\nunfin");
  folder.write("stdout.000001.idx", index_of({burst(10, 1, 0, 4), burst(20, 2, 4, 10)}));
  folder.write("stdout.000004.log", "ished\n");
  folder.write("stdout.log", "four\nfive");
  const IndexRecord gap{.at = {.wall = {30}}, .offset = 5, .value = 7, .kind = RecordKind::gap};
  folder.write("stdout.idx", index_of({burst(29, 3, 0, 5), gap, burst(31, 3, 5, 4)}));
  LogReader reader = open(folder);
  const auto lines = forwards(reader);
  CHECK(lines == std::vector<std::string>{"1:one", "2:two", "2:", "2:unfin+", "missing 2",
                                          "0:ished", "3:four", "lost 7", "3:five-"});
  reader.seek_end();
  CHECK(backwards(reader) == lines);
  CHECK(forwards(reader) == lines);
}

TEST_CASE("backwards from a time come all lines that had begun by then") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\nthree\n");
  folder.write("stdout.000001.idx", index_of({burst(10, 1, 0, 14)}));
  folder.write("stdout.log", "four\nfive\nsix\nseven\n");
  folder.write("stdout.idx", index_of({burst(20, 1, 0, 7), burst(30, 1, 7, 14)}));
  const auto until = [&](std::int64_t at) {
    LogReader reader = open(folder);
    reader.seek_time_end(WallTime{at});
    return backwards(reader);
  };
  const std::vector<std::string> all = {"1:one",  "1:two", "1:three", "1:four",
                                        "1:five", "1:six", "1:seven"};
  const auto first = [&](int count) {
    return std::vector<std::string>(all.begin(), all.begin() + count);
  };
  CHECK(until(9).empty());
  CHECK(until(10) == first(3));
  CHECK(until(19) == first(3));
  CHECK(until(20) == first(5));
  CHECK(until(30) == all);
  CHECK(until(1000) == all);
}

TEST_CASE("a reader that turns round gives the same line again") {
  Folder folder;
  folder.write("stdout.000001.log", "one\ntwo\n");
  folder.write("stdout.log", "three\nfour\n");
  LogReader reader = open(folder);
  reader.seek_end();
  CHECK(reader.previous()->text == "four");
  CHECK(reader.next()->text == "four");
  CHECK(reader.previous()->text == "four");
  CHECK(reader.previous()->text == "three");
  const auto here = reader.position();
  CHECK(reader.previous()->text == "two");
  reader.go_back(here);
  CHECK(reader.next()->text == "three");
  CHECK(reader.position().reaches(here));
}

TEST_CASE("a run's last words without a line end are not the beginning of the next one's line") {
  Folder folder;
  folder.write("stdout.log", "panic: whyhello\n");
  IndexRecord ended{
      .at = {.wall = {5}}, .run = RunId{1}, .offset = 10, .kind = RecordKind::run_ended};
  folder.write("stdout.idx", index_of({burst(4, 1, 0, 10), ended, burst(6, 2, 10, 6)}));
  LogReader reader = open(folder);
  const std::vector<std::string> lines{"1:panic: why-", "2:hello"};
  CHECK(forwards(reader) == lines);
  reader.seek_end();
  CHECK(backwards(reader) == lines);
}

TEST_CASE("last words are given as soon as the run has ended") {
  Folder folder;
  folder.write("stdout.log", "panic: why");
  folder.write("stdout.idx", index_of({burst(4, 1, 0, 10)}));
  LogReader reader = open(folder);
  CHECK_FALSE(reader.next().has_value());
  IndexRecord ended{
      .at = {.wall = {5}}, .run = RunId{1}, .offset = 10, .kind = RecordKind::run_ended};
  folder.write("stdout.idx", index_of({burst(4, 1, 0, 10), ended}));
  CHECK(shown(*reader.next()) == "1:panic: why-");
}

TEST_CASE("the greatest run of all logs is found, also in a closed segment") {
  Folder folder;
  CHECK(greatest_run(folder.path()) == no_run);
  CHECK(greatest_run(folder.path() + "/none") == no_run);
  for (const char* name : {"/web", "/db@2"})
    std::filesystem::create_directory(folder.path() + name);
  folder.write("web/stdout.log", "one\n");
  folder.write("web/stdout.idx", index_of({burst(3, 7, 0, 4)}));
  folder.write("db@2/stderr.000001.log", "two\n");
  folder.write("db@2/stderr.000001.idx", index_of({burst(3, 8, 0, 2), burst(4, 12, 2, 2)}));
  folder.write("db@2/stderr.log", "");
  folder.write("db@2/stderr.idx", index_of({}));
  CHECK(greatest_run(folder.path()) == RunId{12});
}

TEST_CASE("the end of the last run is the end of the log") {
  Folder folder;
  folder.write("stdout.log", "one\ntwo\n");
  IndexRecord ended{
      .at = {.wall = {5}}, .run = RunId{2}, .offset = 8, .kind = RecordKind::run_ended};
  folder.write("stdout.idx", index_of({burst(3, 1, 0, 4), burst(4, 2, 4, 4), ended}));
  LogReader reader = open(folder);
  reader.seek_run_end(RunId{2});
  CHECK(!reader.next());
  const auto last = reader.previous();
  REQUIRE(last.has_value());
  CHECK(last->text == "two");
}

TEST_CASE("where the clock was set back, seeking begins at the first of both times") {
  Folder folder;
  std::string text;
  std::string index = bytes(encode(IndexHeader{.segment = 1, .created = {}}));
  constexpr std::int64_t second = 1'000'000'000;
  for (std::int64_t i = 0; i < 100; ++i) {
    IndexRecord record = burst((i < 40 ? i : i - 30) * second, 1, text.size(), 3);
    record.at.since_boot.ns = i * second;
    record.at.boot = 7;
    index += bytes(encode(record));
    text += std::to_string(10 + i).substr(0, 2) + "\n";
  }
  folder.write("stdout.log", text);
  folder.write("stdout.idx", index);
  const auto first_since = [&](std::int64_t at) {
    LogReader reader = open(folder);
    reader.seek_time(WallTime{at * second});
    auto line = reader.next();
    while (line && line->at.wall.ns < at * second) line = reader.next();
    return line ? line->text : "none";
  };
  CHECK(first_since(15) == "25");  // and not the one that came 30 s later
  CHECK(first_since(39) == "49");
  CHECK(first_since(45) == "85");
  CHECK(first_since(70) == "none");
}

TEST_CASE("a run begins at its first line, also where an older one still talks") {
  Folder folder;
  const auto begins = [](IndexRecord record) {
    record.flags = run_begins;
    return record;
  };
  folder.write("stdout.000001.log", "a\nb\nc\n");
  folder.write("stdout.000001.idx",
               index_of({begins(burst(1, 5, 0, 2)), begins(burst(2, 6, 2, 2)), burst(3, 5, 4, 2)}));
  folder.write("stdout.log", "d\ne\nf\n");
  folder.write("stdout.idx", index_of({burst(4, 5, 0, 2), burst(5, 6, 2, 2), burst(6, 5, 4, 2)}));
  LogReader reader = open(folder);
  reader.seek_run(RunId{6});
  const auto lines = forwards(reader);
  CHECK(std::ranges::count(lines, "6:b") == 1);
  CHECK(std::ranges::count(lines, "6:e") == 1);
  CHECK(reader.run_before(RunId{7}) == RunId{6});
  CHECK(reader.run_before(RunId{6}) == RunId{5});
}

TEST_CASE("segments that vanish under the reader are told of, and reading goes on") {
  Folder folder;
  for (const char* name : {"stdout.000001.log", "stdout.000002.log", "stdout.000003.log"}) {
    folder.write(name, std::string(name) + "\n");
  }
  folder.write("stdout.log", "last\n");
  LogReader reader = open(folder);
  CHECK(reader.next()->text == "stdout.000001.log");
  for (const char* name : {"stdout.000001.log", "stdout.000002.log", "stdout.000003.log"}) {
    std::filesystem::remove(folder.path() + "/" + name);
  }
  // Without closed segments and an index, nothing says the number of the current one.
  folder.write("stdout.idx", bytes(encode(IndexHeader{.segment = 4, .created = {}})));
  CHECK(forwards(reader) == std::vector<std::string>{"missing 2", "0:last"});
}

TEST_CASE("a line of 1 GiB comes in pieces, and backwards as its first one") {
  Folder folder;
  constexpr std::uint64_t size = 1u << 30;
  folder.write("stdout.log", "");
  std::filesystem::resize_file(folder.path() + "/stdout.log", size);
  {
    std::ofstream text(folder.path() + "/stdout.log", std::ios::in | std::ios::out | std::ios::ate);
    text << "\nend\n";
  }
  LogReader reader = open(folder);
  auto line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text.size() == most_line_bytes);
  CHECK(line->end == LineEnd::more);
  reader.seek_end();
  CHECK(reader.previous()->text == "end");
  line = reader.previous();
  REQUIRE(line.has_value());
  CHECK(line->text.size() == most_line_bytes);
  CHECK(line->end == LineEnd::more);
  CHECK_FALSE(reader.previous().has_value());
}

TEST_CASE("a file that somebody else empties is read again from its beginning") {
  Folder folder;
  folder.write("stdout.log", "one\ntwo\n");
  LogReader reader = open(folder);
  CHECK(forwards(reader).size() == 2);
  std::filesystem::resize_file(folder.path() + "/stdout.log", 0);
  CHECK_FALSE(reader.next().has_value());
  folder.write("stdout.log", "new\n");
  CHECK(reader.next()->text == "new");
}

TEST_CASE("compressed segments are read like others, and a damaged one is told of") {
  Folder folder;
  std::string text;
  std::string index = bytes(encode(IndexHeader{.segment = 1, .created = {}}));
  for (std::int64_t i = 0; i < 100'000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    index += bytes(encode(burst(i, 1, text.size(), line.size())));
    text += line;
  }
  folder.write("text", text);
  const auto from = os::open_file(folder.path() + "/text", os::OpenFor::read);
  const auto into =
      os::open_file(folder.path() + "/stdout.000001.log.zst", os::OpenFor::read_write_create);
  REQUIRE((from && into && compress_text(from->view(), into->view())));
  folder.write("stdout.000001.idx", index);
  folder.write("stdout.000002.log.zst", "no zstd");
  folder.write("stdout.log", "last\n");
  LogReader reader = open(folder);
  reader.seek_time(WallTime{70'000});
  CHECK(reader.next()->text.empty());  // the end of the line before
  CHECK(reader.next()->text == "line 70000");
  reader.seek_end();
  CHECK(reader.previous()->text == "last");
  CHECK(reader.previous()->unreadable > 0);
  CHECK(reader.previous()->text == "line 99999");
  const auto lines = forwards(reader);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "1:line 99999");
  CHECK(lines[2] == "0:last");
}

TEST_CASE("an index that is made after the text is found") {
  Folder folder;
  folder.write("stdout.log", "one\n");
  LogReader reader = open(folder);
  CHECK_FALSE(reader.next()->time_known);
  CHECK(reader.is_ahead_of_index());
  folder.write("stdout.log", "one\ntwo\n");
  folder.write("stdout.idx", index_of({burst(1, 1, 0, 4), burst(2, 1, 4, 4)}));
  CHECK(reader.next()->at.wall.ns == 2);
}
