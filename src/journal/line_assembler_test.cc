// SPDX-License-Identifier: Apache-2.0
#include "journal/line_assembler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace stayd::journal;

namespace {

struct Gatherer {
  LineAssembler lines;
  std::string got;  ///< '|' ends a line, '+' a part
  void take(std::uint32_t stream, std::string_view bytes) {
    lines.take(stream, bytes, [this](std::string_view part, PartEnd end) { note(part, end); });
  }
  void end(std::uint32_t stream) {
    lines.end(stream, [this](std::string_view part, PartEnd end) { note(part, end); });
  }
  void note(std::string_view part, PartEnd end) {
    CHECK(part.size() <= most_line_part);
    got += part;
    got += end == PartEnd::line_end ? '|' : '+';
  }
};

}  // namespace

TEST_CASE("lines come whole, however their bytes came, and streams are kept apart") {
  Gatherer gatherer;
  gatherer.take(1, "one\ntw");
  gatherer.take(2, "other");
  gatherer.take(1, "o\n\nthr");
  gatherer.take(1, "ee");
  gatherer.end(1);
  gatherer.take(2, "\n");
  gatherer.end(2);
  CHECK(gatherer.got == "one|two||three|other|");
  CHECK(gatherer.lines.unfinished() == 0);
}

TEST_CASE("a line without an end comes in parts, and nothing grows") {
  Gatherer gatherer;
  const std::string piece(1000, 'x');
  for (int i = 0; i < 10000; ++i) gatherer.take(1, piece);
  gatherer.take(1, "\n");
  CHECK(std::ranges::count(gatherer.got, 'x') == 10'000'000);
  CHECK(std::ranges::count(gatherer.got, '|') == 1);
  CHECK(gatherer.lines.unfinished() == 0);
}

TEST_CASE("of a thousand unfinished lines 64 are kept") {
  Gatherer gatherer;
  for (std::uint32_t i = 1; i <= 1000; ++i) gatherer.take(i, "question? ");
  CHECK(gatherer.lines.unfinished() == 64);
  CHECK(std::ranges::count(gatherer.got, '+') == 1000 - 64);
}
