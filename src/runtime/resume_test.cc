// SPDX-License-Identifier: Apache-2.0
#include "runtime/resume.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace stayd::runtime {
namespace {

using core::EventKind;
using core::Phase;
using core::StopStage;

constexpr std::int32_t recorded = 4711;
constexpr RunId run{12};

/// Everything that the ledger and the world can say of an instance.
struct Case {
  InstanceRecord record;
  ProcessFound process = ProcessFound::none;
  Decision decision;
  std::vector<core::Event> told;
};

Case decided(const InstanceRecord& record, ProcessFound process) {
  Case c{record, process, decide(record, process), {}};
  const core::LastExit exit{.kind = core::ExitKind::code, .value = 3, .run = run};
  const core::Event about{.instance = InstanceId{4}, .run = run, .pid = recorded};
  for_each_event(c.decision, about, exit, [&](const core::Event& e) { c.told.push_back(e); });
  return c;
}

std::vector<Case> every_case() {
  std::vector<Case> cases;
  for (std::size_t phase = 0; phase < core::phase_count; ++phase) {
    for (std::size_t process = 0; process < process_found_count; ++process) {
      for (const auto stage : {StopStage::none, StopStage::asked, StopStage::escalated}) {
        for (unsigned bits = 0; bits < 4; ++bits) {
          InstanceRecord record;
          record.state.phase = static_cast<Phase>(phase);
          record.state.run = run;
          record.state.stop_stage = stage;
          record.run.run = (bits & 1) != 0 ? run : no_run;
          record.run.exit_noted = (bits & 2) != 0;
          cases.push_back(decided(record, static_cast<ProcessFound>(process)));
        }
      }
    }
  }
  return cases;
}

bool has_main(Phase phase) {
  return phase == Phase::starting || phase == Phase::running || phase == Phase::stopping;
}
bool is_over(Phase phase) {
  return phase == Phase::stopped || phase == Phase::waiting || phase == Phase::backoff ||
         phase == Phase::failed || phase == Phase::done;
}
bool tells(const Case& c, EventKind kind) {
  return std::ranges::any_of(c.told, [&](const core::Event& e) { return e.kind == kind; });
}
Case one(Phase phase, ProcessFound process, StopStage stage = StopStage::none) {
  InstanceRecord record;
  record.state = {.phase = phase, .stop_stage = stage, .pid = recorded, .run = run};
  record.run.run = run;
  return decided(record, process);
}

}  // namespace

TEST_CASE(
    "nothing is started twice: a start is said to have failed only where its process is gone") {
  for (const Case& c : every_case()) {
    const bool gone = c.record.state.phase == Phase::preparing && c.process == ProcessFound::gone;
    CHECK(tells(c, EventKind::spawn_failed) == gone);
    const bool untold = c.record.state.phase == Phase::preparing && c.told.empty();
    CHECK((!untold || c.process == ProcessFound::none));  // the core starts these again
  }
}

TEST_CASE("a process that is alive is watched again exactly if it is the run's main process") {
  for (const Case& c : every_case()) {
    const Phase phase = c.record.state.phase;
    const bool is_main = has_main(phase) || phase == Phase::preparing;
    CHECK(c.decision.attach == (is_main && c.process == ProcessFound::alive));
  }
}

TEST_CASE(
    "every exit that the core waits for is told, once, and with its status where there is one") {
  for (const Case& c : every_case()) {
    const Phase phase = c.record.state.phase;
    const bool ended = c.process != ProcessFound::alive;
    const bool waits = (has_main(phase) && ended) ||
                       (phase == Phase::preparing && c.process == ProcessFound::zombie);
    CHECK(tells(c, EventKind::main_exited) == waits);
    if (!waits) continue;
    const auto& exit = c.told.back().exit;
    CHECK((exit.kind == core::ExitKind::code) == (c.process == ProcessFound::zombie));
    CHECK(exit.run == run);
  }
}

TEST_CASE("no zombie is forgotten: its status is told, or it is reaped at once") {
  for (const Case& c : every_case()) {
    if (c.process != ProcessFound::zombie) continue;
    CHECK(tells(c, EventKind::main_exited) != c.decision.reap);
  }
  for (const Case& c : every_case()) {
    if (c.process != ProcessFound::zombie) CHECK_FALSE(c.decision.reap);
  }
}

TEST_CASE("no instance whose process should be there is left without it and without a word") {
  for (const Case& c : every_case()) {
    if (has_main(c.record.state.phase)) CHECK(c.decision.attach != !c.told.empty());
  }
}

TEST_CASE("a phase without a run gets no event, and its last run is cleared away") {
  for (const Case& c : every_case()) {
    const bool over = is_over(c.record.state.phase);
    if (over) CHECK(c.told.empty());
    CHECK(c.decision.release == (over && c.record.run.run != no_run));
  }
}

TEST_CASE("a start whose supervisor died in the midst of it") {
  const Case alive = one(Phase::preparing, ProcessFound::alive);
  REQUIRE(alive.told.size() == 1);
  CHECK(alive.told[0].kind == EventKind::spawned);
  CHECK(alive.told[0].pid == recorded);

  const Case ended = one(Phase::preparing, ProcessFound::zombie);
  REQUIRE(ended.told.size() == 2);
  CHECK(ended.told[0].kind == EventKind::spawned);
  CHECK(ended.told[1].kind == EventKind::main_exited);
  CHECK(ended.told[1].exit.value == 3);

  const Case failed = one(Phase::preparing, ProcessFound::gone);
  REQUIRE(failed.told.size() == 1);
  CHECK(failed.told[0].kind == EventKind::spawn_failed);
  CHECK(failed.told[0].transient);
}

TEST_CASE("which process is looked for") {
  InstanceRecord record;
  record.state = {.phase = Phase::preparing, .run = run};
  CHECK(process_to_find(record, 17) == 17);
  record.state.phase = Phase::running;
  record.state.pid = recorded;
  CHECK(process_to_find(record, 17) == recorded);
  record.run.main_pid = 99;  // of an older run
  CHECK(process_to_find(record, 17) == recorded);
  record.run.run = run;
  CHECK(process_to_find(record, 17) == 99);
}

}  // namespace stayd::runtime
