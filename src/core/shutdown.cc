// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/stepper.h"

namespace stayd::core {

namespace {

constexpr std::int32_t no_such_file = 2;        // ENOENT, errno(3)
constexpr std::int32_t exec_format = 8;         // ENOEXEC
constexpr std::int32_t permission_denied = 13;  // EACCES

std::uint8_t status_of_failure(const LastFailure& failure) {
  if (failure.step != execute_step) return 125;
  if (failure.number == no_such_file) return 127;
  const bool refused = failure.number == permission_denied || failure.number == exec_format;
  return refused ? 126 : 125;
}

}  // namespace

std::uint8_t exit_status_of(const InstanceState& instance) {
  if (instance.last_failure.number != 0) return status_of_failure(instance.last_failure);
  switch (instance.last_exit.kind) {
    case ExitKind::none: return instance.phase == Phase::failed ? 1 : 0;
    case ExitKind::code: return instance.last_exit.value;
    case ExitKind::signal:
      return static_cast<std::uint8_t>(std::min(128 + instance.last_exit.value, 255));
    case ExitKind::unknown: return 1;
  }
  return 1;
}

void Stepper::shutdown_event(const Event& event) {
  if (state_.supervisor_.shutting_down) return shutdown_at_once();
  constexpr std::int32_t terminate = 15;
  const bool said = catalog_.foreground() && event.signal != 0 && event.signal != terminate;
  begin_shutdown(static_cast<std::uint8_t>(said ? std::min(128 + event.signal, 255) : 0));
}

void Stepper::begin_shutdown(std::uint8_t exit_status) {
  SupervisorState& supervisor = state_.supervisor_;
  supervisor.shutting_down = true;
  supervisor.exit_status = exit_status;
  supervisor.shutdown_deadline = now_ + catalog_.shutdown_timeout();
  for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i)
    want_down(InstanceId{i}, {Reason::shutdown});
}

void Stepper::shutdown_at_once() {
  state_.supervisor_.shutdown_now = true;
  state_.supervisor_.shutdown_deadline = Instant::never();
  for (std::uint32_t i = 0; i < catalog_.instance_count(); ++i)
    if (is_alive(at(InstanceId{i}).phase)) enqueue(InstanceId{i});
}

/// exit-when = "all-done" has come true.
bool Stepper::all_done() const {
  const Derived& derived = state_.derived_;
  return catalog_.exit_when() == model::ExitWhen::all_done && !state_.supervisor_.shutting_down &&
         derived.total(Trait::unfinished) == 0 && derived.total(Trait::finished) != 0;
}

void Stepper::check_leave() {
  SupervisorState& supervisor = state_.supervisor_;
  if (!supervisor.shutting_down || supervisor.leaving) return;
  if (state_.derived_.total(Trait::alive) != 0) return;
  supervisor.leaving = true;
  supervisor.shutdown_deadline = Instant::never();
  supervisor.exit_status = final_status();
  give(ActionKind::leave, no_instance);
}

/// 0, or the status of the first in the configuration's order that failed.
std::uint8_t Stepper::all_done_status() const {
  for (const InstanceState& instance : state_.instances_) {
    if (instance.phase != Phase::failed) continue;
    const std::uint8_t status = exit_status_of(instance);
    return status == 0 ? 1 : status;
  }
  return 0;
}

std::uint8_t Stepper::final_status() const {
  const bool own = catalog_.pass_status() && !state_.instances_.empty() &&
                   number_of(state_.instances_.front().run) != 0;
  return own ? exit_status_of(state_.instances_.front()) : state_.supervisor_.exit_status;
}

}  // namespace stayd::core
