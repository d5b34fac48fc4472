// SPDX-License-Identifier: Apache-2.0
#include "journal/protocol.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

using namespace stayd;
using namespace stayd::journal;

namespace {

std::vector<ToWriter> all_to_writer() {
  return {Configure{.log_dir = "/var/log/shop",
                    .colours_stdout = true,
                    .name_width = 12,
                    .max_total = 1u << 30},
          Streams{.instance = "web@2",
                  .run = RunId{17},
                  .uid = 1000,
                  .settings = {.to_console = true,
                               .max_files = 3,
                               .max_size = 1u << 20,
                               .tag = "shop",
                               .compress = model::Compress::zstd,
                               .max_age = seconds(3600),
                               .max_total = 1u << 28},
                  .ready_pattern = "^ready",
                  .exec = {"/bin/cat", "-"},
                  .gid = 1000,
                  .set_ids = true,
                  .groups = {1000, 44},
                  .count = 2,
                  .ends = {{{.number = 5, .kind = StreamKind::stdout_only},
                            {.number = 6, .kind = StreamKind::stderr_only}}}},
          Keep{.key = 7},
          Release{.key = 8},
          Discard{.number = 9},
          AllSent{.pid = 4242},
          GiveBack{},
          Leave{}};
}

std::vector<FromWriter> all_from_writer() {
  return {Hello{.pid = 4242},
          Ended{.streams = {{.number = 5, .bytes = 1'000}, {.number = 6, .bytes = 0}}},
          GivenStream{.number = 5, .kind = StreamKind::merged, .instance = "web", .run = RunId{17}},
          GivenKept{.key = 7},
          GivenBackAll{},
          Trouble{.instance = "web", .text = "No space left on device", .limited = true},
          Matched{.number = 5}};
}

}  // namespace

TEST_CASE("every message survives the way there, and says what it said") {
  for (const auto& message : all_to_writer()) {
    CAPTURE(message.index());
    const auto decoded = decode_to_writer(encode(message));
    REQUIRE(decoded.has_value());
    CHECK(decoded->index() == message.index());
    CHECK(encode(*decoded) == encode(message));
  }
  for (const auto& message : all_from_writer()) {
    CAPTURE(message.index());
    const auto decoded = decode_from_writer(encode(message));
    REQUIRE(decoded.has_value());
    CHECK(decoded->index() == message.index());
    CHECK(encode(*decoded) == encode(message));
  }
  const auto streams = decode_to_writer(encode(all_to_writer()[1]));
  const auto& web = std::get<Streams>(*streams);
  CHECK(web.instance == "web@2");
  CHECK(web.run == RunId{17});
  CHECK(web.uid == 1000);
  CHECK(web.set_ids);
  CHECK(web.groups == std::vector<std::uint32_t>{1000, 44});
  CHECK(web.settings.max_size == 1u << 20);
  CHECK(web.count == 2);
  CHECK(web.ends[1].number == 6);
  CHECK(web.ends[1].kind == StreamKind::stderr_only);
}

TEST_CASE("a packet that ends too early, at any byte, is refused") {
  for (const auto& message : all_to_writer()) {
    const std::string packet = encode(message);
    for (std::size_t length = 0; length < packet.size(); ++length) {
      CAPTURE(message.index());
      CAPTURE(length);
      CHECK_FALSE(decode_to_writer(std::string_view(packet).substr(0, length)).has_value());
    }
  }
  for (const auto& message : all_from_writer()) {
    const std::string packet = encode(message);
    for (std::size_t length = 0; length < packet.size(); ++length) {
      CAPTURE(message.index());
      CAPTURE(length);
      CHECK_FALSE(decode_from_writer(std::string_view(packet).substr(0, length)).has_value());
    }
  }
}

TEST_CASE("a kind of a newer version is told from damage") {
  std::string packet = encode(ToWriter(Leave{}));
  REQUIRE(packet.size() >= 2);
  packet[1] = '\x7e';
  const auto decoded = decode_to_writer(packet);
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().number == ENOTSUP);
}
