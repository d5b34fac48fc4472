// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <doctest/doctest.h>

using namespace stayd;

namespace {

std::string text_of(std::string_view bytes) {
  std::string text;
  append_json(text, bytes);
  return text;
}

}  // namespace

TEST_CASE("any bytes become the inside of a JSON string") {
  CHECK(text_of("plain") == "plain");
  CHECK(text_of("a\"b\\c\nd\te\rf\bg\f") == R"(a\"b\\c\nd\te\rf\bg\f)");
  CHECK(text_of(std::string_view("\x00\x1b\x7f", 3)) == R"(\u0000\u001b\u007f)");
  CHECK(text_of("größe €😀") == "größe €😀");
  CHECK(text_of("a\xff"
                "b") == "a\uFFFDb");
  CHECK(text_of("\xc3") == "\uFFFD");
  CHECK(text_of("\xc0\x80") == "\uFFFD\uFFFD");
  CHECK(text_of("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(text_of("\xf4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
}
