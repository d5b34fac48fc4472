// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"

#include <doctest/doctest.h>

using namespace stayd;

TEST_CASE("a pattern is found anywhere in a line, or where it is tied to") {
  const auto plain = Pattern::compile("ready to accept (TCP )?connections").value();
  CHECK(plain.is_in("12:00 LOG: ready to accept connections on 5432"));
  CHECK(plain.is_in("ready to accept TCP connections"));
  CHECK_FALSE(plain.is_in("ready to accept"));
  const auto tied = Pattern::compile("^[a-z]+: up$").value();
  CHECK(tied.is_in("web: up"));
  CHECK_FALSE(tied.is_in(" web: up"));
  CHECK_FALSE(tied.is_in("web: up "));
  CHECK(Pattern::compile("^$").value().is_in(""));
}

TEST_CASE("any bytes can be looked through") {
  const auto pattern = Pattern::compile("up$").value();
  CHECK(pattern.is_in(std::string_view("\0\xff\xfe\x80 up", 7)));
  CHECK_FALSE(pattern.is_in(std::string_view("up\0", 3)));
}

TEST_CASE("a pattern that would take for ever is not found") {
  const auto greedy = Pattern::compile("(a*)*(a*)*(a*)*b").value();
  CHECK_FALSE(greedy.is_in(std::string(2000, 'a')));
}

TEST_CASE("the first match that begins where it is looked for is found") {
  const auto pattern = Pattern::compile("O+", LetterCase::ignored).value();
  constexpr Pattern::Effort most{.steps = 1000, .heap_kib = 1000};
  MatchedPart part;
  CHECK(pattern.find("foo boo", {.from = 0, .last = 7}, most, part) == true);
  CHECK(part.begin == 1);
  CHECK(part.end == 3);
  CHECK(pattern.find("foo boo", {.from = 3, .last = 7}, most, part) == true);
  CHECK(part.begin == 5);
  CHECK(pattern.find("foo boo", {.from = 3, .last = 4}, most, part) == false);
  const auto greedy = Pattern::compile("(o+)+$").value();
  const auto never = greedy.find(std::string(100, 'o') + "x", {.from = 0, .last = 0}, most, part);
  REQUIRE_FALSE(never.has_value());
  CHECK(never.error() == "match limit exceeded");
}

TEST_CASE("what is no expression is told in words, with its place") {
  const auto wrong = Pattern::compile("(up");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().at == 3);
  CHECK(wrong.error().text() == "missing closing parenthesis (at byte 4 of the pattern)");
}
