// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_object.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace stayd;
using namespace stayd::app;
using journal::LineEnd;
using journal::LogKind;

namespace {

const std::string head = R"({"time":"2026-11-24T06:13:07.123456789Z","instance":"web","run":3,)"
                         R"("stream":"stdout","message":")";

journal::LogLine unwrapped(std::string text, LineEnd end = LineEnd::line_end) {
  journal::LogLine line;
  line.text = std::move(text);
  line.end = end;
  unwrap_object(line, "web", LogKind::out);
  return line;
}

}  // namespace

TEST_CASE("the message of an object is what the service said") {
  CHECK(unwrapped(head + R"(a \"b\"\t\u0007ä"})").text == "a \"b\"\t\aä");
  CHECK(unwrapped(head + "\"}").text.empty());
}

TEST_CASE("a message that goes on in the next object is a piece of a line") {
  const auto piece = unwrapped(head + R"(half","partial":true})");
  CHECK(piece.text == "half");
  CHECK(piece.end == LineEnd::more);
  CHECK(unwrapped(head + "whole\"}").end == LineEnd::line_end);
}

TEST_CASE("an object that is being written has its message as far as it has come") {
  const auto begun = unwrapped(head + R"(half \u00)", LineEnd::none);
  CHECK(begun.text == "half ");
  CHECK(begun.end == LineEnd::none);
}

TEST_CASE("what is no such object stays as it is") {
  const std::array<std::string, 6> texts{
      "plain",
      R"({"time":"noon"})",
      head + "cut off",
      R"({"time":"x","instance":"db","run":3,"stream":"stdout","message":"of another"})",
      R"({"time":"x","instance":"web","run":3,"stream":"stderr","message":"of another"})",
      R"({"time":"x","instance":"web","run":,"stream":"stdout","message":"no run"})"};
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(unwrapped(text).text == text);
  }
}
