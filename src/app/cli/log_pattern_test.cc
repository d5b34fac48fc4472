// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_pattern.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

using namespace stayd;
using namespace stayd::app;

namespace {

LogPattern compiled(std::string_view pattern, LetterCase letter_case = LetterCase::matters) {
  auto result = LogPattern::compile(pattern, letter_case);
  REQUIRE(result.has_value());
  return std::move(*result);
}

bool matches(std::string_view pattern, std::string_view text) {
  auto result = compiled(pattern).matches(text);
  REQUIRE(result.has_value());
  return *result;
}

std::string parts_of(std::string_view pattern, std::string_view text) {
  std::vector<MatchedPart> parts;
  REQUIRE(compiled(pattern).find_all(text, parts).has_value());
  std::string shown;
  for (const MatchedPart& part : parts) {
    shown += "[" + std::string(text.substr(part.begin, part.end - part.begin)) + "]";
  }
  return shown;
}

}  // namespace

TEST_CASE("patterns match anywhere in a line, in UTF-8, and across bytes that are none") {
  CHECK(matches("err(or)?", "an error"));
  CHECK(matches("^an", "an error"));
  CHECK_FALSE(matches("^error", "an error"));
  CHECK(matches("error$", "an error"));
  CHECK(matches("gr.n$", "gr\xc3\xbcn"));
  CHECK(matches("\\d{3} ", "GET / 404 -"));
  CHECK(matches("end", "\xff\xfe end"));
  CHECK_FALSE(matches("a.b",
                      "a\xff"
                      "b"));
  CHECK(matches("", ""));
  CHECK(matches("^$", ""));
  CHECK(*compiled("ERR", LetterCase::ignored).matches("error"));
  CHECK(*compiled("ÄRGER", LetterCase::ignored).matches("ärger"));
}

TEST_CASE("a match may begin far into a long line") {
  const std::string padding(60'000, 'x');
  CHECK(matches("needle", padding + "needle"));
  CHECK(matches("(?<=x)needle$", padding + "needle"));
  CHECK_FALSE(matches("^needle", padding + "needle"));
  CHECK(matches("x+needle", padding + "needle"));
}

TEST_CASE("all parts that match are found, empty ones left out") {
  CHECK(parts_of("o+", "foo boo o") == "[oo][oo][o]");
  CHECK(parts_of("o*", "foo bo") == "[oo][o]");
  CHECK(parts_of("ü", "üxü") == "[ü][ü]");
  CHECK(parts_of("(?=o)", "foo") == "");
  CHECK(parts_of("x", "foo") == "");
}

TEST_CASE("a bad pattern is shown with the place where it is wrong") {
  const auto bad = LogPattern::compile("err(or", LetterCase::matters);
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().message ==
        "--grep: missing closing parenthesis (at byte 7 of the pattern)\n  err(or\n        ^");
  CHECK_FALSE(LogPattern::compile("[a", LetterCase::matters).has_value());
  CHECK_FALSE(LogPattern::compile("*", LetterCase::matters).has_value());
  CHECK_FALSE(LogPattern::compile("\\C", LetterCase::matters).has_value());
  CHECK_FALSE(LogPattern::compile(std::string(100'000, 'x'), LetterCase::matters).has_value());
}

TEST_CASE("no pattern hangs: one that backtracks without end is given up with a reason") {
  for (const char* pattern : {"(a+)+$", "(a|aa)+$", "(?:a?){30}a{30}[bd]", "a.*[bd]"}) {
    CAPTURE(std::string(pattern));
    const auto result = compiled(pattern).matches(std::string(60'000, 'a') + "c");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().number == ETIMEDOUT);
    CHECK(result.error().message.contains("too expensive"));
  }
}
