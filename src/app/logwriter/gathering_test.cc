// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/gathering.h"

#include <doctest/doctest.h>

namespace stayd::app {
namespace {

constexpr std::uint32_t capacity = 64u << 10;

TEST_CASE("little that comes is gathered from the first look on, longer and longer") {
  Gathering gathering;
  for (const Duration expected : {microseconds(400), microseconds(800), microseconds(1600),
                                  microseconds(3200), milliseconds(4), milliseconds(4)}) {
    gathering.note(100, capacity);
    CHECK(gathering.pause() == expected);
  }
}

TEST_CASE("what fills its pipe to a fourth is looked at again at once, and then often") {
  Gathering gathering;
  CHECK(gathering.pause() > Duration{});
  gathering.note(100, capacity);
  gathering.note(capacity / 4, capacity);
  CHECK(gathering.pause() == Duration{});
  gathering.note(capacity / 6, capacity);
  CHECK(gathering.pause() == Gathering::shortest);
  gathering.note(capacity / 6, capacity);
  CHECK(gathering.pause() == Gathering::shortest);
}

TEST_CASE("a pipe whose size is not known says nothing") {
  Gathering gathering;
  gathering.note(capacity, 0);
  CHECK(gathering.pause() > Duration{});
}

}  // namespace
}  // namespace stayd::app
