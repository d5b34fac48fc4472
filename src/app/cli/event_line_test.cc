// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_line.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace stayd::app {
namespace {

/// The line behind its time.
std::string shown(std::string_view line, const Style& style = {}) {
  const auto event = read_event(line);
  REQUIRE(event.has_value());
  return event_line(*event, 8, style).substr(std::string_view("Nov 25 12:01:21.123  ").size());
}

constexpr std::string_view exited =
    R"x({"v":1,"at":"2026-11-25T12:01:21.123456789Z","boottime":77.5,"kind":"exited",)x"
    R"x("instance":"web@2","run":17,"from":"running","to":"cleaning","reason":"exited","pid":41,)x"
    R"x("signal":11,"core":true,"ran_for":0.08,"cpu_seconds":0.02,"peak_memory":1048576,)x"
    R"x("text":"web@2 was killed by SEGV after 80ms (core dumped)"})x";

}  // namespace

TEST_CASE("an event comes back with what its line says") {
  const auto event = read_event(exited).value();
  CHECK(event.version == 1);
  CHECK(event.at == WallTime{1'795'608'081'123'456'789});
  CHECK(event.kind == "exited");
  CHECK(event.instance == "web@2");
  CHECK(event.run == 17);
  CHECK(event.signal == 11);
  CHECK_FALSE(event.code.has_value());
  CHECK(event.core);
  CHECK(event.ran_for == milliseconds(80));
  CHECK(event.cpu == milliseconds(20));
  CHECK(event.peak_memory == 1'048'576);
}

TEST_CASE("fields of a newer stayd are skipped, whatever they hold") {
  const auto event = read_event(
      R"({"v":9,"at":"2026-11-25T12:00:00Z","kind":"new","more":{"kind":"x","at":[1,{"run":2}]},)"
      R"("run":"three","text":null,"names":["a",["b"],"c"]})");
  REQUIRE(event.has_value());
  CHECK(event->kind == "new");
  CHECK(event->run == 0);
  CHECK(event->names == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a line that is no event is none") {
  CHECK_FALSE(read_event("").has_value());
  CHECK_FALSE(read_event("hello").has_value());
  CHECK_FALSE(read_event("[1]").has_value());
  CHECK_FALSE(read_event(R"({"kind":"ready"})").has_value());
  CHECK_FALSE(read_event(R"({"at":"2026-11-25T12:00:00Z"})").has_value());
  CHECK_FALSE(read_event(R"({"at":"yesterday","kind":"ready"})").has_value());
  CHECK_FALSE(read_event(exited.substr(0, exited.size() - 1)).has_value());
}

TEST_CASE("events read as a person's lines") {
  CHECK_EQ(shown(exited), "web@2     exited        killed by SEGV (core dumped) after 80ms\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"started","instance":"web","pid":41,)"
                 R"("to":"running","reason":"needed-by","cause":"shop"})"),
           "web       started       pid 41, because shop needs it\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"ready","instance":"web",)"
                 R"("ready_after":1.5})"),
           "web       ready         after 1.5s\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"phase","instance":"web","to":"backoff",)"
                 R"("reason":"exited","text":"web exited with 1, restarting in 2s"})"),
           "web       backoff       exited with 1, restarting in 2s\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"command","verb":"stop",)"
                 R"("names":["web","db"],"operator_uid":1000,"operator_pid":77})"),
           "@stayd    command       stop web db, by uid 1000 (pid 77)\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"exited","instance":"web","code":0,)"
                 R"("reason":"operator-stop","operator_uid":0})"),
           "web       exited        exited with 0: stopped by root\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"phase","instance":"web","to":"stopped",)"
                 R"("reason":"operator-stop","operator_uid":0,"text":"web stopped"})"),
           "web       stopped       stopped by root\n");
  CHECK_EQ(shown(R"({"at":"2026-11-25T12:00:00Z","kind":"output","instance":"web","bytes":77})"),
           "web       output        77 bytes in its log\n");
}

TEST_CASE("a forged line cannot play with the terminal") {
  const auto line =
      shown(R"({"at":"2026-11-25T12:00:00Z","kind":"x\u001b[2J","instance":"a\u0007",)"
            R"("text":"\u001b]0;title\u0007"})");
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find('\a') == std::string::npos);
}

TEST_CASE("an event is about an instance, or a command for it") {
  const std::array<std::string_view, 1> web{"web"}, second{"web@2"}, other{"db*"};
  const auto end = read_event(exited).value();
  CHECK(is_about(end, {}));
  CHECK(is_about(end, web));
  CHECK(is_about(end, second));
  CHECK_FALSE(is_about(end, other));
  const auto stop = read_event(R"({"at":"2026-11-25T12:00:00Z","kind":"command","verb":"stop",)"
                               R"("names":["w*"]})")
                        .value();
  CHECK(is_about(stop, second));
  CHECK_FALSE(is_about(stop, other));
  const auto all =
      read_event(R"({"at":"2026-11-25T12:00:00Z","kind":"command","verb":"stop","names":[]})")
          .value();
  CHECK(is_about(all, other));
}

}  // namespace stayd::app
