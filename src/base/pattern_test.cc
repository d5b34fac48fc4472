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

TEST_CASE("what is no expression is told in words, with its place") {
  const auto wrong = Pattern::compile("(up");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.contains("byte 4"));
}
