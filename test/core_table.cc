// SPDX-License-Identifier: Apache-2.0
// What core::step makes of each event in each phase, as the tables of docs/STATES.md:
//   core_table           the tables
//   core_table reasons   the words of all reasons, one a line
// The service `web` has everything that an event can ask for: a readiness probe, a stop-command, a
// reload-signal, restart = "on-failure"; it requires `db`.
#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "core/test_world.h"

namespace {

using namespace stayd;
using core::EventKind;
using core::Phase;
using core::World;

constexpr std::array nothing_there{Phase::stopped, Phase::waiting, Phase::backoff, Phase::failed,
                                   Phase::done};
constexpr std::array something_there{Phase::preparing, Phase::starting, Phase::running,
                                     Phase::stopping, Phase::cleaning};

struct Row {
  const char* label;
  EventKind kind;
  bool transient = false;
};

World world_of_two() {
  model::Service web = core::service("web");
  web.restart.policy = model::RestartPolicy::on_failure;
  web.ready.kind = model::ProbeKind::notify;
  web.stop.command = {"/bin/true"};
  web.reload.signal = 1;
  web.dependencies = {core::on(0, model::EdgeKind::requires_)};
  return World({core::service("db"), web});
}

void start_and_get_ready(World& world) {
  world.spawn_all();
  world.happens(EventKind::became_ready, "web");
}

/// By legal events alone.
World in_phase(Phase phase) {
  World world = world_of_two();
  if (phase == Phase::waiting) {
    world.happens(EventKind::operator_start, "web");
    return world;
  }
  world.happens(EventKind::operator_start, "db");
  world.spawn_all();
  if (phase == Phase::stopped) return world;
  world.happens(EventKind::operator_start, "web");
  if (phase == Phase::preparing) return world;
  world.spawn_all();
  if (phase == Phase::starting) return world;
  world.happens(EventKind::became_ready, "web");
  if (phase == Phase::stopping) world.happens(EventKind::operator_stop, "web");
  if (phase == Phase::cleaning) world.exits("web", 1);
  if (phase == Phase::failed) world.ends("web", 78);
  if (phase == Phase::done) world.ends("web", 0);
  if (phase == Phase::backoff) {
    world.ends("web", 1);
    start_and_get_ready(world);
    world.ends("web", 1);
  }
  return world;
}

/// The next supervisor reads what this one has written.
void take_over(World& world) {
  const core::SupervisorState supervisor = world.state().supervisor();
  const auto written = world.state().instances();
  const std::vector<core::InstanceState> ledger(written.begin(), written.end());
  world.state().restore(supervisor, ledger, world.catalog());
}

std::string happens(World& world, const Row& row) {
  if (row.kind == EventKind::resumed) take_over(world);
  if (row.kind == EventKind::tick) {
    const Instant due = world.of("web").deadlines[0];
    return world.after(due == Instant::never() ? seconds(3600) : world.until_deadline());
  }
  core::Event event = world.about(row.kind, "web");
  event.transient = row.transient;
  event.failure = {core::execute_step, row.transient ? 11 : 2, 0};  // EAGAIN, ENOENT
  event.exit.kind = core::ExitKind::code;
  event.exit.value = 1;
  event.signal = row.kind == EventKind::operator_kill ? 9 : 0;
  return world.happens(event);
}

std::string cell(Phase phase, const Row& row) {
  World world = in_phase(phase);
  const core::InstanceState before = world.of("web");
  ENSURE(before.phase == phase);
  const std::string text = happens(world, row);
  ENSURE(!text.starts_with("BROKEN"));
  const core::InstanceState& after = world.of("web");
  const InstanceId web = world.id("web");
  std::string action;
  for (const core::Action& given : world.outcome().actions) {
    if (given.instance != web || given.kind == core::ActionKind::announce) continue;
    action = std::string(": ") + core::word(given.kind);
    break;
  }
  bool touched = !action.empty();
  for (const InstanceId id : world.outcome().touched) touched = touched || id == web;
  if (!touched) return "-";
  std::string made = core::word(after.phase);
  if (after.phase == phase && after.want != before.want)
    made += std::string(" (want ") + core::word(after.want) + ")";
  return made + action;
}

void print_table(std::span<const Phase> phases, std::span<const Row> rows) {
  std::string text = "| event |";
  for (const Phase phase : phases) text += std::string(" in ") + core::word(phase) + " |";
  text += "\n| --- |";
  for ([[maybe_unused]] const Phase phase : phases) text += " --- |";
  text += "\n";
  for (const Row& row : rows) {
    text += std::string("| `") + core::word(row.kind) + "`" + row.label + " |";
    for (const Phase phase : phases) text += " " + cell(phase, row) + " |";
    text += "\n";
  }
  std::fputs(text.c_str(), stdout);
}

void print_tables() {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < core::event_count; ++i) {
    const auto kind = static_cast<EventKind>(i);
    rows.push_back({"", kind});
    if (kind == EventKind::spawn_failed) rows.push_back({", transient", kind, true});
  }
  print_table(nothing_there, rows);
  std::fputs("\n", stdout);
  print_table(something_there, rows);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "reasons") {
    for (std::size_t i = 0; i < core::reason_count; ++i)
      std::printf("%s\n", core::word(static_cast<core::Reason>(i)));
    return 0;
  }
  print_tables();
  return 0;
}
