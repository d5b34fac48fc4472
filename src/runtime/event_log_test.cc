// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_log.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "os/files.h"
#include "os/pipe.h"
#include "os/splice.h"

namespace stayd::runtime {
namespace {

struct Rig {
  os::Epoll epoll = os::Epoll::create().value();
  EventLog log{epoll};
  os::Fd read_end;

  void begin() {
    os::Pipe pipe = os::create_pipe().value();
    REQUIRE(os::set_nonblocking(pipe.write_end.view()));
    REQUIRE(os::set_nonblocking(pipe.read_end.view()));
    read_end = std::move(pipe.read_end);
    log.begin(std::move(pipe.write_end));
    log.set_time({1'500'000'000}, {1'795'608'081'123'456'789});
  }
  void record(std::size_t text_bytes) {
    log.record("test", [&](control::JsonWriter& json) {
      json.text_field("text", std::string(text_bytes, 'x'));
    });
  }
  /// What is in the pipe.
  std::string heard() {
    std::string all;
    std::array<char, 65536> buffer;
    while (true) {
      const auto got = os::read_some(read_end.view(), buffer);
      if (!got || *got == 0) return all;
      all.append(buffer.data(), *got);
    }
  }
};

}  // namespace

TEST_CASE("an event is one JSON object a line, with both clocks") {
  Rig rig;
  rig.begin();
  rig.log.record("ready", [](control::JsonWriter& json) { json.text_field("instance", "web"); });
  CHECK(rig.heard().empty());  // gathered until the end of the batch
  rig.log.flush();
  CHECK(rig.heard() ==
        "{\"v\":1,\"at\":\"2026-11-25T12:01:21.123456789Z\",\"boottime\":1.5,"
        "\"kind\":\"ready\",\"instance\":\"web\"}\n");
}

TEST_CASE("switched off, nothing is made") {
  Rig rig;
  bool asked = false;
  rig.log.record("ready", [&](control::JsonWriter&) { asked = true; });
  CHECK_FALSE(asked);
  CHECK_FALSE(rig.log.is_on());
}

TEST_CASE("lines are written whole, whatever the pipe has room for") {
  Rig rig;
  rig.begin();
  for (int i = 0; i < 400; ++i) rig.record(700);  // more than a pipe holds
  rig.log.flush();
  const std::string first = rig.heard();
  CHECK(first.size() > 32'768);
  CHECK(first.ends_with("\"}\n"));
  rig.log.flush();
  const std::string second = rig.heard();
  CHECK(second.starts_with("{\"v\":1"));
}

TEST_CASE("what nobody takes is counted, and told when there is room again") {
  Rig rig;
  rig.begin();
  constexpr int events = 3'000;  // of 1 KB: more than may wait
  for (int i = 0; i < events; ++i) rig.record(1'000);
  std::string all;
  for (bool more = true; more;) {
    rig.log.flush();
    const std::string piece = rig.heard();
    all += piece;
    more = !piece.empty();
  }
  const auto lines = std::ranges::count(all, '\n');
  CHECK(lines < events);
  const auto said = all.find("\"kind\":\"left-out\"");
  REQUIRE(said != std::string::npos);
  const std::string count = "\"count\":" + std::to_string(events - lines + 1) + ",";
  CHECK(all.find(count, said) != std::string::npos);
}

}  // namespace stayd::runtime
