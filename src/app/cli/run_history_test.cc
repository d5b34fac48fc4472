// SPDX-License-Identifier: Apache-2.0
#include "app/cli/run_history.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "app/cli/history_table.h"

namespace stayd::app {
namespace {

RunHistory history_of(std::initializer_list<std::string_view> lines) {
  RunHistory history;
  for (const std::string_view fields : lines) {
    const auto event = read_event(R"({"at":"2026-11-25T12:00:00.5Z",)" + std::string(fields) + "}");
    REQUIRE(event.has_value());
    history.take(*event);
  }
  return history;
}

constexpr std::string_view supervisor = R"("kind":"supervisor-started")";
constexpr std::string_view started =
    R"("kind":"started","instance":"web","run":1,"to":"starting","reason":"boot","pid":7)";
constexpr std::string_view ready = R"("kind":"ready","instance":"web","run":1,"ready_after":1.5)";
constexpr std::string_view exited =
    R"("kind":"exited","instance":"web","run":1,"reason":"exited","code":3,"ran_for":60,)"
    R"("cpu_seconds":2.5,"peak_memory":3145728)";
constexpr std::string_view output = R"("kind":"output","instance":"web","run":1,"bytes":2048)";

bool never(const PastRun&) { return false; }
bool always(const PastRun&) { return true; }

/// The row of the last run, its columns separated by one space.
std::string last_row(const RunHistory& history, IsThere is_there = never) {
  const std::string table = render_history(history.runs(), is_there, {});
  std::string row;
  const std::size_t begin = table.rfind('\n', table.size() - 2) + 1;
  for (const char c : table.substr(begin, table.size() - begin - 1))
    if (c != ' ' || !row.ends_with(' ')) row += c;
  // Without the number and the time, which is local.
  return row.substr(row.find(".500") + 5);
}

}  // namespace

TEST_CASE("a run is put together from its events") {
  const auto history = history_of({supervisor, started, ready, exited, output});
  REQUIRE(history.runs().size() == 1);
  const PastRun& run = history.runs()[0];
  CHECK(run.state == RunState::ended);
  CHECK(run.instance() == "web");
  CHECK(run.ready_after == milliseconds(1500));
  CHECK(run.end.code == 3);
  CHECK(run.bytes == 2048);
  CHECK(last_row(history) == "1.5s 1m 2.5s 3M 2K with the supervisor exited with 3");
}

TEST_CASE("what is not known is shown as such") {
  const auto adopted = history_of(
      {supervisor, started, R"("kind":"took-over")",
       R"("kind":"exited","instance":"web","run":1,"reason":"exited","unknown":true,"ran_for":60)",
       R"("kind":"output","instance":"web","run":1)"});
  CHECK(last_row(adopted) == "- 1m - - - with the supervisor ended, nobody saw how");
  const auto early = history_of({exited});  // its start is in a file that is gone
  CHECK(early.runs()[0].started().ns == early.runs()[0].end.at.ns - seconds(60).ns);
}

TEST_CASE("a run goes on through a take-over, and is lost with a supervisor that has none") {
  const auto open = history_of({supervisor, started, R"("kind":"took-over")"});
  CHECK(open.runs()[0].state == RunState::open);
  CHECK(last_row(open, always) == "- - - - - with the supervisor running");
  const auto lost = history_of({supervisor, started, supervisor, started, exited});
  REQUIRE(lost.runs().size() == 2);
  CHECK(lost.runs()[0].state == RunState::lost);
  CHECK(lost.runs()[1].state == RunState::ended);
}

TEST_CASE("a start that failed is a run that never was") {
  const auto history = history_of(
      {supervisor, R"("kind":"start-failed","instance":"web","run":4,"reason":"spawn-failed",)"
                   R"("text":"cannot start web: there is no /x")"});
  CHECK(history.runs()[0].state == RunState::never_started);
  CHECK(render_history(history.runs(), never, {}).find("cannot start web: there is no /x\n") !=
        std::string::npos);
}

TEST_CASE("instances are named where there are several") {
  const auto one = history_of({started});
  CHECK(render_history(one.runs(), never, {}).find("INSTANCE") == std::string::npos);
  const auto two = history_of(
      {started, R"("kind":"started","instance":"db","run":2,"to":"running","reason":"boot")"});
  CHECK(render_history(two.runs(), never, {}).find("INSTANCE") == 0);
}

TEST_CASE("history as JSON has what is known, and nothing else") {
  const auto history = history_of({supervisor, started, ready, exited, output});
  CHECK_EQ(history_json(history.runs()),
           "{\"version\":1,\"runs\":[{\"instance\":\"web\",\"run\":1,\"pid\":7,\"started\":"
           "\"2026-11-25T12:00:00.500000000Z\",\"start_reason\":\"boot\",\"ready_after\":1.5,"
           "\"ended\":\"2026-11-25T12:00:00.500000000Z\",\"code\":3,\"end_reason\":\"exited\","
           "\"ran_for\":60,\"cpu_seconds\":2.5,\"peak_memory\":3145728,\"bytes\":2048}]}\n");
  CHECK_EQ(history_json({}), "{\"version\":1,\"runs\":[]}\n");
}

}  // namespace stayd::app
