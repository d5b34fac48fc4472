// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_filter.h"

#include <doctest/doctest.h>

#include <string>

using namespace stayd;
using namespace stayd::app;

namespace {

LogSource source(std::string instance) {
  return {.instance = std::move(instance),
          .reader = *journal::LogReader::open("/", journal::LogKind::out),
          .run = {},
          .begin = {},
          .line = {}};
}

journal::LogLine line(std::string text) {
  journal::LogLine made;
  made.text = std::move(text);
  return made;
}

/// What is printed of two instances' lines with one line of context on both sides.
struct Filtered {
  LogStyle style{.format = LogFormat::plain};
  LogPrinter printer{style};
  LogFilter filter{printer, style, WantedMatch{.pattern = "error", .before = 1, .after = 1},
                   *LogPattern::compile("error", LetterCase::matters)};
  LogSource web = source("web"), db = source("db");
  void take(const LogSource& from, const std::string& text) {
    REQUIRE(filter.take(from, line(text)).has_value());
  }
};

}  // namespace

TEST_CASE("the context of a line is what the same instance printed around it") {
  Filtered it;
  it.take(it.web, "web 1");
  it.take(it.web, "web 2");
  it.take(it.db, "db 1");
  it.take(it.web, "web error");
  it.take(it.db, "db 2");
  it.take(it.web, "web 3");
  it.take(it.web, "web 4");
  CHECK(it.printer.waiting() == "web 2\nweb error\nweb 3\n");
  it.take(it.db, "db error");
  CHECK(it.printer.waiting() == "web 2\nweb error\nweb 3\n--\ndb 2\ndb error\n");
}

TEST_CASE("lines that match before those that are wanted are context only") {
  Filtered it;
  it.filter.ignore_matches(1);
  it.take(it.db, "db error");
  it.take(it.web, "web 1");
  it.take(it.web, "web error");
  CHECK(it.printer.waiting() == "web 1\nweb error\n");
}
