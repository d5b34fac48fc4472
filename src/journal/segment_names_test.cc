// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_names.h"

#include <doctest/doctest.h>

using namespace stayd::journal;

TEST_CASE("a log's files are found again by their names") {
  CHECK(current_text_name(LogKind::out) == "stdout.log");
  CHECK(current_index_name(LogKind::err) == "stderr.idx");
  CHECK(closed_text_name(LogKind::out, 17) == "stdout.000017.log");
  CHECK(closed_text_name(LogKind::out, 12'345'678) == "stdout.12345678.log");
  const auto closed = parse_name(closed_index_name(LogKind::err, 17));
  REQUIRE(closed.has_value());
  CHECK(closed->kind == LogKind::err);
  CHECK(closed->file == SegmentFile::index);
  CHECK(closed->segment == 17);
  const auto current = parse_name("stdout.log");
  REQUIRE(current.has_value());
  CHECK_FALSE(current->segment.has_value());
  const auto compressed = parse_name(compressed_text_name(LogKind::out, 17));
  REQUIRE(compressed.has_value());
  CHECK(compressed->file == SegmentFile::compressed_text);
}

TEST_CASE("files of others are left alone") {
  for (const char* name :
       {"", "stdout", "stdout.", "stdout.log.1", "stdout.17.log", "stdout.000017.log.gz",
        "stdout.log.zst", "stdout.log.tmp", "stdout.-00017.log",
        "stdout.99999999999999999999999.log", "stdout.000017", "stdin.log", "xstdout.log",
        "stdout.000017.log~", "stdout.0x0017.log"}) {
    CAPTURE(name);
    CHECK_FALSE(parse_name(name).has_value());
  }
}

TEST_CASE("an instance's name can be a folder's, and leads nowhere else") {
  CHECK(is_instance_name("web@2"));
  CHECK(is_instance_name("@stayd"));
  CHECK(is_instance_name("..."));
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."),
        std::string_view("a/b"), std::string_view("a\0b", 3)}) {
    CHECK_FALSE(is_instance_name(name));
  }
  CHECK_FALSE(is_instance_name(std::string(256, 'a')));
}
