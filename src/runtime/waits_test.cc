// SPDX-License-Identifier: Apache-2.0
#include "runtime/waits.h"

#include <doctest/doctest.h>

#include <map>

namespace stayd::runtime {
namespace {

using control::Outcome;
using core::InstanceState;
using core::Phase;
using core::Reason;
using core::Want;

InstanceState state(Phase phase, Want want, std::uint64_t run = 7) {
  InstanceState s;
  s.phase = phase;
  s.want = want;
  s.run = RunId{run};
  s.pid = phase == Phase::running || phase == Phase::starting ? 100 : 0;
  return s;
}

WaitItem item(bool had_process, std::uint64_t run = 7) {
  return {.instance = InstanceId{0}, .run = RunId{run}, .had_process = had_process};
}

/// A Waits with one instance, driven as the loop drives it.
struct Desk {
  Waits waits;
  InstanceState now = state(Phase::stopped, Want::down);

  void call(Goal goal, Instant deadline = Instant::never()) {
    waits.add(
        {.connection = control::ConnectionId{1},
         .goal = goal,
         .deadline = deadline,
         .items = {{.instance = InstanceId{0}, .run = now.run, .had_process = now.pid != 0}}});
  }
  std::vector<Wait> settled(Instant at = {}) {
    return waits.take_settled(at, [this](InstanceId) -> const InstanceState& { return now; });
  }
  void becomes(InstanceState next) {
    now = next;
    waits.touched(InstanceId{0}, now);
  }
};

TEST_CASE("a start is answered when it is ready, done or failed, not on the way") {
  for (const Phase phase : {Phase::waiting, Phase::preparing, Phase::starting})
    CHECK_FALSE(outcome_of(Goal::started, item(false), state(phase, Want::up)).has_value());
  CHECK(outcome_of(Goal::started, item(false), state(Phase::running, Want::up)) ==
        Outcome::running);
  CHECK(outcome_of(Goal::started, item(false), state(Phase::done, Want::up)) == Outcome::done);
  CHECK(outcome_of(Goal::started, item(false), state(Phase::failed, Want::up)) == Outcome::failed);
  CHECK(outcome_of(Goal::started, item(false, 6), state(Phase::backoff, Want::up)) ==
        Outcome::failed);
  InstanceState stopped = state(Phase::stopped, Want::down);
  stopped.reason = Reason::operator_stop;
  CHECK(outcome_of(Goal::started, item(false), stopped) == Outcome::replaced);
}

TEST_CASE("a restart is answered by the next run, never by the one that is to go") {
  CHECK_FALSE(outcome_of(Goal::restarted, item(true), state(Phase::running, Want::up)).has_value());
  CHECK(outcome_of(Goal::restarted, item(true), state(Phase::running, Want::up, 8)) ==
        Outcome::running);
  CHECK(outcome_of(Goal::restarted, item(true), state(Phase::stopping, Want::down)) ==
        Outcome::replaced);
}

TEST_CASE("a stop is answered when nothing is left, and replaced by a start") {
  CHECK_FALSE(outcome_of(Goal::stopped, item(true), state(Phase::cleaning, Want::down)));
  CHECK(outcome_of(Goal::stopped, item(true), state(Phase::stopped, Want::down)) ==
        Outcome::stopped);
  CHECK(outcome_of(Goal::stopped, item(true), state(Phase::stopping, Want::up)) ==
        Outcome::replaced);
}

TEST_CASE("waiting for the exit ends with the run that was there, or at once without one") {
  CHECK_FALSE(outcome_of(Goal::exited, item(true), state(Phase::running, Want::up)).has_value());
  CHECK(outcome_of(Goal::exited, item(true), state(Phase::running, Want::up, 8)) == Outcome::done);
  CHECK(outcome_of(Goal::exited, item(false), state(Phase::stopped, Want::down)) == Outcome::done);
}

TEST_CASE("waiting for readiness ends with a task that is done, as for those that require it") {
  WaitItem task = item(false);
  task.is_task = true;
  CHECK(outcome_of(Goal::ready, task, state(Phase::done, Want::up)) == Outcome::done);
  CHECK(outcome_of(Goal::ready, task, state(Phase::failed, Want::up)) == Outcome::failed);
  CHECK(outcome_of(Goal::ready, item(false), state(Phase::done, Want::up)) == Outcome::failed);
}

TEST_CASE("a call whose goal holds already is answered in the batch in which it came") {
  Desk desk;
  desk.call(Goal::stopped);
  const auto settled = desk.settled();
  REQUIRE(settled.size() == 1);
  CHECK(settled[0].items[0].outcome == Outcome::stopped);
  CHECK(desk.waits.empty());
}

TEST_CASE("changes settle a call, each caller's of its own") {
  Desk desk;
  desk.now = state(Phase::preparing, Want::up, 8);
  desk.call(Goal::started);
  desk.call(Goal::done);
  CHECK(desk.settled().empty());
  desk.becomes(state(Phase::starting, Want::up, 8));
  CHECK(desk.settled().empty());
  desk.becomes(state(Phase::running, Want::up, 8));
  const auto settled = desk.settled();
  REQUIRE(settled.size() == 1);
  CHECK(settled[0].goal == Goal::started);
  CHECK(settled[0].items[0].outcome == Outcome::running);
  desk.becomes(state(Phase::done, Want::up, 8));
  CHECK(desk.settled().size() == 1);
}

TEST_CASE("a call that is overdue is answered with what did not come") {
  Desk desk;
  desk.call(Goal::ready, Instant{1000});
  CHECK(desk.waits.next_deadline() == Instant{1000});
  CHECK(desk.settled(Instant{999}).empty());
  const auto settled = desk.settled(Instant{1000});
  REQUIRE(settled.size() == 1);
  CHECK(settled[0].items[0].outcome == Outcome::timed_out);
  CHECK(desk.waits.next_deadline() == Instant::never());
}

TEST_CASE("a reload ends as its command does") {
  for (const bool well : {true, false}) {
    Desk desk;
    desk.now = state(Phase::running, Want::up);
    desk.call(Goal::reloaded);
    CHECK(desk.settled().empty());
    desk.waits.reload_ended(InstanceId{0}, well ? "" : "its reload-command exited with 3");
    const auto settled = desk.settled();
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].items[0].outcome == (well ? Outcome::reloaded : Outcome::failed));
  }
}

TEST_CASE("a caller that has gone is not answered") {
  Desk desk;
  desk.call(Goal::ready);
  CHECK(desk.settled().empty());
  desk.waits.gone(control::ConnectionId{1});
  CHECK(desk.waits.empty());
}

}  // namespace
}  // namespace stayd::runtime
