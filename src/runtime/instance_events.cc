// SPDX-License-Identifier: Apache-2.0
#include "runtime/instance_events.h"

#include <algorithm>
#include <string_view>

#include "os/spawn.h"
#include "runtime/phase_words.h"
#include "runtime/views.h"

namespace stayd::runtime {
namespace {

using core::EventKind;
using core::Phase;

enum class Kind : std::uint8_t { phase, started, ready, exited, start_failed };

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::phase: return "phase";
    case Kind::started: return "started";
    case Kind::ready: return "ready";
    case Kind::exited: return "exited";
    case Kind::start_failed: return "start-failed";
  }
  __builtin_unreachable();
}

/// What the fact was, for the instance that it spoke of.
Kind kind_of(EventKind event, Phase before) {
  switch (event) {
    case EventKind::spawned: return Kind::started;
    case EventKind::became_ready: return Kind::ready;
    case EventKind::main_exited: return Kind::exited;
    case EventKind::spawn_failed: return Kind::start_failed;
    // Found empty after a take-over, and nobody saw how the process ended.
    case EventKind::emptied: return before == Phase::cleaning ? Kind::phase : Kind::exited;
    case EventKind::boot:
    case EventKind::operator_start:
    case EventKind::operator_stop:
    case EventKind::operator_restart:
    case EventKind::operator_reload:
    case EventKind::operator_kill:
    case EventKind::main_stopped:
    case EventKind::main_continued:
    case EventKind::command_ended:
    case EventKind::shutdown:
    case EventKind::tick:
    case EventKind::orphan_reaped:
    case EventKind::resumed: return Kind::phase;
  }
  __builtin_unreachable();
}

}  // namespace

void write_exit(control::JsonWriter& json, const core::LastExit& exit) {
  switch (exit.kind) {
    case core::ExitKind::code: json.unsigned_field("code", exit.value); break;
    case core::ExitKind::signal: json.unsigned_field("signal", exit.value); break;
    case core::ExitKind::none:
    case core::ExitKind::unknown: json.boolean_field("unknown", true); break;
  }
  if (exit.core_dumped) json.boolean_field("core", true);
  if (exit.oom_killed) json.boolean_field("oom", true);
  if (exit.ran_for.ns > 0) json.seconds_field("ran_for", exit.ran_for);
}

void InstanceEvents::write_reason(control::JsonWriter& json, const core::InstanceState& state) {
  json.text_field("reason", core::word(state.reason));
  if (index_of(state.cause) < setting_.names.instance_count()) {
    setting_.names.instance(state.cause, cause_);
    json.text_field("cause", cause_);
  }
  if (!is_operators(state.reason)) return;
  json.unsigned_field("operator_uid", state.operator_uid);
  json.number_field("operator_pid", state.operator_pid);
}

void InstanceEvents::write_change(control::JsonWriter& json, const PhaseChange& change) {
  const core::InstanceState& state = change.after;
  setting_.names.instance(change.instance, name_);
  json.text_field("instance", name_);
  if (state.run != no_run) json.unsigned_field("run", number_of(state.run));
  json.text_field("from", core::word(change.phase_before));
  json.text_field("to", core::word(state.phase));
}

void InstanceEvents::write_end(control::JsonWriter& json, const PhaseChange& change) {
  write_exit(json, change.after.last_exit);
  if (!change.usage.known) return;
  json.seconds_field("cpu_seconds", change.usage.cpu);
  json.unsigned_field("peak_memory", change.usage.peak_memory);
}

std::string InstanceEvents::words(const PhaseChange& change) const {
  const std::string name = setting_.names.instance(change.instance);
  const core::Phase before = change.phase_before;
  if (!needs_service(before, change.after))
    return phase_words(name, before, change.after, change.now);
  const auto service = service_of(setting_.spec, setting_.names, change.instance);
  return phase_words(name, before, change.after, change.now, service ? &*service : nullptr);
}

void InstanceEvents::record(const PhaseChange& change, std::string text) {
  const core::InstanceState& state = change.after;
  const bool is_about_it = change.event.instance == change.instance;
  const Kind kind = is_about_it ? kind_of(change.event.kind, change.before.phase) : Kind::phase;
  setting_.log.record(word(kind), [&](control::JsonWriter& json) {
    write_change(json, change);
    // Of a start it is why it was started; being ready is no reason for that.
    write_reason(json, kind == Kind::started ? change.before : state);
    switch (kind) {
      case Kind::started: json.number_field("pid", change.event.pid); break;
      case Kind::ready:
        json.seconds_field("ready_after", state.ready_at - state.run_started);
        break;
      case Kind::exited:
        if (change.before.pid != 0) json.number_field("pid", change.before.pid);
        write_end(json, change);
        text = name_ + " " + end_words(state.last_exit);
        break;
      case Kind::start_failed: {
        const core::LastFailure& failure = change.event.failure;
        if (failure.number == 0) break;  // found after a take-over
        json.number_field("errno", failure.number);
        json.text_field("step", os::phrase(static_cast<os::SpawnStep>(failure.step)));
        break;
      }
      case Kind::phase: break;
    }
    constexpr auto phase_deadline = static_cast<std::size_t>(core::DeadlineKind::phase);
    if (state.phase == Phase::backoff)
      json.seconds_field("restart_in",
                         std::max(Duration{}, state.deadlines[phase_deadline] - change.now));
    if (!text.empty()) json.text_field("text", text);
  });
}

}  // namespace stayd::runtime
