// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_printer.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/cli/log_export.h"

using namespace stayd;
using namespace stayd::app;
using journal::LineEnd;

namespace {

LogSource source(std::string instance = "web") {
  return {.instance = std::move(instance),
          .reader = *journal::LogReader::open("/", journal::LogKind::out),
          .run = {},
          .begin = {},
          .line = {}};
}

journal::LogLine line(std::string text, LineEnd end = LineEnd::line_end) {
  journal::LogLine made;
  made.run = RunId{3};
  made.text = std::move(text);
  made.end = end;
  return made;
}

constexpr LogStyle on_terminal{.format = LogFormat::plain, .colours = true, .terminal = true};
constexpr LogStyle to_pipe{.format = LogFormat::plain};

}  // namespace

TEST_CASE("the pieces of a line become one line; those of others do not go on with it") {
  LogPrinter printer(LogStyle{.format = LogFormat::brief});
  const LogSource web = source();
  const LogSource other = source("db");
  printer.print(web, line("a", LineEnd::more));
  printer.print(web, line("b", LineEnd::more));
  printer.print(other, line("x"));
  printer.print(web, line("c"));
  CHECK(printer.waiting() == "- web | ab\n- db | x\n- web | c\n");
}

TEST_CASE("plain gives a pipe the bytes as they are") {
  LogPrinter printer(to_pipe);
  const LogSource web = source();
  printer.print(web, line("a\x1b]0;t\x07\xff", LineEnd::more));
  printer.print(web, line("b\r"));
  printer.print(web, line("last", LineEnd::none));
  printer.end();
  CHECK(printer.waiting() ==
        "a\x1b]0;t\x07\xff"
        "b\r\nlast");
}

TEST_CASE("on a terminal a progress bar is shown in its last state") {
  LogPrinter printer(on_terminal);
  printer.print(source(), line("1%\r50%\r99%\r100%\r"));
  CHECK(printer.waiting() == "\x1b[2m[3 states overwritten]\x1b[0m 100%\n");
}

TEST_CASE("what matched in a progress bar is shown in the last state that has it") {
  const auto shown = [](std::string text, std::string_view wanted, const LogStyle& style) {
    const auto bar = line(std::move(text));
    const std::string searched = searched_text(style, bar);
    std::vector<MatchedPart> parts;
    for (auto at = searched.find(wanted); at != std::string::npos;
         at = searched.find(wanted, at + 1))
      parts.push_back({.begin = at, .end = at + wanted.size()});
    LogPrinter printer(style);
    printer.print(source(), bar, parts);
    return printer.waiting();
  };
  CHECK(shown("1%\r50%\r99%\r100%\r", "0%", on_terminal) ==
        "\x1b[2m[3 states overwritten]\x1b[0m 10\x1b[1;31m0%\x1b[0m\n");
  CHECK(shown("1%\r\x1b[31mä lost\x1b[0m\rlost it\\r\r\r99%\r100%", "lost", on_terminal) ==
        "\x1b[2m[5 other states]\x1b[0m \x1b[1;31mlost\x1b[0m it\\r\n");
  LogStyle plain = on_terminal;
  plain.colours = false;
  CHECK(shown("1%\rlost\r99%\r100%", "lost", plain) == "[3 other states] lost\n");
  CHECK(shown("1%\rlost\r99%\r100%", "9%\\r1", plain) == "[3 states overwritten] 100%\n");
}

TEST_CASE("what matched is emphasised, and the line's own colours go on behind it") {
  LogPrinter printer(on_terminal);
  const auto text = line("\x1b[32mok: err now\x1b[0m");
  REQUIRE(searched_text(on_terminal, text) == "ok: err now");
  const std::array<MatchedPart, 2> parts{{{.begin = 0, .end = 2}, {.begin = 4, .end = 7}}};
  printer.print(source(), text, parts);
  CHECK(printer.waiting() ==
        "\x1b[32m\x1b[1;31mok\x1b[0m\x1b[32m: \x1b[1;31merr\x1b[0m\x1b[32m now\x1b[0m\x1b[0m\n");
}

TEST_CASE("what is missing is said in every format") {
  journal::LogLine lost;
  lost.lost = 2048;
  journal::LogLine missing;
  missing.missing_segments = 2;
  LogPrinter brief(LogStyle{});
  brief.print(source(), lost);
  brief.print(source(), missing);
  CHECK(brief.waiting() ==
        "- web | -- 2K of output were not kept here --\n"
        "- web | -- 2 segments of the log had been removed here --\n");
  LogPrinter json(LogStyle{.format = LogFormat::json});
  json.print(source(), lost);
  json.print(source(), missing);
  CHECK(json.waiting() == R"({"instance":"web","stream":"stdout","lost":2048})"
                          "\n"
                          R"({"instance":"web","stream":"stdout","missing_segments":2})"
                          "\n");
}

TEST_CASE("export: one line of text is a field, other bytes are given with their length") {
  std::string out;
  journal::LogLine text = line("hello");
  text.at.wall.ns = 1'700'000'000'123'456'789;
  text.at.since_boot.ns = 5'000'000;
  text.time_known = true;
  append_export(out, source(), text);
  CHECK(out ==
        "__REALTIME_TIMESTAMP=1700000000123456\n__MONOTONIC_TIMESTAMP=5000\nPRIORITY=6\n"
        "SYSLOG_IDENTIFIER=web\nSTAYD_INSTANCE=web\nSTAYD_STREAM=stdout\nSTAYD_RUN=3\n"
        "MESSAGE=hello\n\n");
  out.clear();
  append_export(out, source(), line("\x1b[1m\xff"));
  CHECK(out.ends_with(std::string("MESSAGE\n\x05\0\0\0\0\0\0\0\x1b[1m\xff\n\n", 23)));
}
