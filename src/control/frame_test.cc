// SPDX-License-Identifier: Apache-2.0
#include "control/frame.h"

#include <doctest/doctest.h>

#include <vector>

namespace stayd::control {
namespace {

using std::literals::operator""sv;

std::vector<std::string> take_all(FrameReader& frames) {
  std::vector<std::string> all;
  while (const auto message = frames.next()) all.emplace_back(*message);
  return all;
}

}  // namespace

TEST_CASE("messages are told apart wherever the stream is cut") {
  constexpr auto stream = "one\0two\0\0three\0rest"sv;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader frames;
    std::vector<std::string> all;
    for (const auto piece : {stream.substr(0, cut), stream.substr(cut)}) {
      CHECK(frames.append(piece) == FrameState::fine);
      for (auto& message : take_all(frames)) all.push_back(message);
    }
    CHECK_EQ(all, std::vector<std::string>{"one", "two", "", "three"});
    CHECK(frames.has_fragment());
  }
}

TEST_CASE("bytes may come one by one") {
  FrameReader frames;
  for (const char c : "a\0bc\0"sv) {
    CHECK(frames.append({&c, 1}) == FrameState::fine);
  }
  CHECK(frames.has_message());
  CHECK_EQ(take_all(frames), std::vector<std::string>{"a", "bc"});
  CHECK_FALSE(frames.has_fragment());
}

TEST_CASE("a message may be as long as the limit and not longer") {
  FrameReader frames(8);
  CHECK(frames.append("12345678"sv) == FrameState::fine);
  CHECK(frames.append("\0"sv) == FrameState::fine);
  CHECK_EQ(*frames.next(), "12345678");
  CHECK(frames.append("1234"sv) == FrameState::fine);
  CHECK(frames.append("56789"sv) == FrameState::too_long);
}

TEST_CASE("a long message behind a short one is seen in its turn") {
  FrameReader frames(4);
  CHECK(frames.append("ok\0too long"sv) == FrameState::fine);
  CHECK_EQ(*frames.next(), "ok");
  CHECK(frames.append("!"sv) == FrameState::too_long);
}

TEST_CASE("nothing is held when all has been taken") {
  FrameReader frames;
  CHECK(frames.append(std::string(100'000, 'x')) == FrameState::fine);
  CHECK(frames.append("\0"sv) == FrameState::fine);
  CHECK(frames.next().has_value());
  CHECK_FALSE(frames.next().has_value());
  CHECK_LT(frames.held_bytes(), 64);
}

}  // namespace stayd::control
