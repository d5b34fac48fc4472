// SPDX-License-Identifier: Apache-2.0
#include "runtime/views.h"

#include "model/spec.h"
#include "os/spawn.h"
#include "runtime/launcher.h"

namespace stayd::runtime {
namespace {

using core::Phase;
using core::Reason;

constexpr auto phase_deadline = static_cast<std::size_t>(core::DeadlineKind::phase);

control::EndKind kind_of(core::ExitKind kind) {
  switch (kind) {
    case core::ExitKind::none: return control::EndKind::none;
    case core::ExitKind::code: return control::EndKind::code;
    case core::ExitKind::signal: return control::EndKind::signal;
    case core::ExitKind::unknown: return control::EndKind::unknown;
  }
  __builtin_unreachable();
}

}  // namespace

bool is_operators(Reason reason) {
  return reason == Reason::operator_start || reason == Reason::operator_stop ||
         reason == Reason::operator_restart || reason == Reason::operator_kill;
}

control::LastExitView view_of(const core::LastExit& exit) {
  control::LastExitView view;
  view.kind = kind_of(exit.kind);
  view.value = exit.value;
  view.core = exit.core_dumped;
  view.oom = exit.oom_killed;
  view.at = exit.at;
  view.run = number_of(exit.run);
  view.ran_for = exit.ran_for;
  return view;
}

void ViewMaker::fill_times(control::InstanceView& view, const core::InstanceState& state,
                           const Clocks& clocks) const {
  view.since = state.since_wall;
  const bool lives = state.phase == Phase::running || state.phase == Phase::stopping;
  if (lives && state.ready_at.ns != 0) view.ready_since = clocks.wall_at(state.ready_at);
  const Instant deadline = state.deadlines[phase_deadline];
  if (deadline == Instant::never()) return;
  if (state.phase == Phase::backoff) view.next_start = clocks.wall_at(deadline);
  const bool patient = state.stop_stage == core::StopStage::asked;
  if (patient && (state.phase == Phase::stopping || state.phase == Phase::cleaning))
    view.kill_at = clocks.wall_at(deadline);
}

void ViewMaker::fill_cause(control::InstanceView& view, InstanceId id,
                           const core::InstanceState& state) {
  if (state.cause == no_instance || index_of(state.cause) >= names_.instance_count()) return;
  names_.instance(state.cause, cause_);
  view.cause = cause_;
  if (state.reason != Reason::requirement_waiting) return;
  const ServiceId other = catalog_.service_of(state.cause);
  for (const core::Edge& edge : catalog_.dependencies(catalog_.service_of(id)))
    if (edge.other == other && edge.kind != model::EdgeKind::conflicts)
      view.condition = model::word(edge.condition);
}

void ViewMaker::fill_failure(control::InstanceView& view, InstanceId id,
                             const core::InstanceState& state) {
  if (state.last_failure.number == 0) return;
  const auto service = service_of(spec_, names_, id);
  failure_ = Launcher::text_of(state.last_failure, service ? &service->execution : nullptr);
  view.failure.number = state.last_failure.number;
  view.failure.step = os::phrase(static_cast<os::SpawnStep>(state.last_failure.step));
  view.failure.text = failure_;
}

control::InstanceView ViewMaker::make(InstanceId id, const Clocks& clocks) {
  const core::InstanceState& state = state_.at(id);
  const ServiceId service = catalog_.service_of(id);
  const core::Rules& rules = catalog_.rules(service);
  control::InstanceView view;
  names_.instance(id, instance_);
  view.service = names_.service(service);
  view.instance = instance_;
  view.type = model::word(rules.type);
  view.phase = core::word(state.phase);
  view.want = core::word(state.want);
  if (state.phase == Phase::starting) view.health = "starting";
  if (state.phase == Phase::running && rules.has_probe) view.health = "ok";
  view.reason = core::word(state.reason);
  view.pid = state.pid;
  view.run = number_of(state.run);
  view.restarts = state.restarts;
  view.orphans = state.orphans;
  view.suspended = state.terminal_stopped;
  view.ready_timed_out = state.start_timed_out;
  view.stop_timed_out = state.stop_timed_out;
  if (is_operators(state.reason)) {
    view.operator_uid = state.operator_uid;
    view.operator_pid = state.operator_pid;
  }
  view.last_exit = view_of(state.last_exit);
  fill_times(view, state, clocks);
  fill_cause(view, id, state);
  fill_failure(view, id, state);
  return view;
}

}  // namespace stayd::runtime
