// SPDX-License-Identifier: Apache-2.0
// The words for phases, wants, reasons, events and actions: the same in status, explain, events,
// documents and the simulator's trace.
#include "core/action.h"
#include "core/event.h"
#include "core/state.h"

namespace stayd::core {

const char* word(Phase phase) {
  switch (phase) {
    case Phase::stopped: return "stopped";
    case Phase::waiting: return "waiting";
    case Phase::preparing: return "preparing";
    case Phase::starting: return "starting";
    case Phase::running: return "running";
    case Phase::stopping: return "stopping";
    case Phase::cleaning: return "cleaning";
    case Phase::backoff: return "backoff";
    case Phase::failed: return "failed";
    case Phase::done: return "done";
  }
  return "?";
}

const char* word(Want want) {
  switch (want) {
    case Want::down: return "down";
    case Want::up: return "up";
  }
  return "?";
}

const char* word(Reason reason) {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::boot: return "boot";
    case Reason::operator_start: return "operator-start";
    case Reason::operator_stop: return "operator-stop";
    case Reason::operator_restart: return "operator-restart";
    case Reason::operator_kill: return "operator-kill";
    case Reason::needed_by: return "needed-by";
    case Reason::requirement_waiting: return "requirement-waiting";
    case Reason::requirement_failed: return "requirement-failed";
    case Reason::conflict: return "conflict";
    case Reason::part_of: return "part-of";
    case Reason::start_slots: return "start-slots";
    case Reason::spawn_failed: return "spawn-failed";
    case Reason::became_ready: return "became-ready";
    case Reason::ready_timeout: return "ready-timeout";
    case Reason::exited: return "exited";
    case Reason::restart_delay: return "restart-delay";
    case Reason::restart_limit: return "restart-limit";
    case Reason::never_restart_code: return "never-restart-code";
    case Reason::policy_no_restart: return "policy-no-restart";
    case Reason::task_done: return "task-done";
    case Reason::on_failure_of: return "on-failure-of";
    case Reason::stop_escalated: return "stop-escalated";
    case Reason::shutdown: return "shutdown";
    case Reason::resource_retry: return "resource-retry";
    case Reason::requirement_stopped: return "requirement-stopped";
    case Reason::requirement_back: return "requirement-back";
  }
  return "?";
}

const char* word(EventKind kind) {
  switch (kind) {
    case EventKind::boot: return "boot";
    case EventKind::operator_start: return "operator-start";
    case EventKind::operator_stop: return "operator-stop";
    case EventKind::operator_restart: return "operator-restart";
    case EventKind::operator_reload: return "operator-reload";
    case EventKind::operator_kill: return "operator-kill";
    case EventKind::spawned: return "spawned";
    case EventKind::spawn_failed: return "spawn-failed";
    case EventKind::became_ready: return "became-ready";
    case EventKind::main_exited: return "main-exited";
    case EventKind::emptied: return "emptied";
    case EventKind::main_stopped: return "main-stopped";
    case EventKind::main_continued: return "main-continued";
    case EventKind::command_ended: return "command-ended";
    case EventKind::orphan_reaped: return "orphan-reaped";
    case EventKind::shutdown: return "shutdown";
    case EventKind::tick: return "tick";
    case EventKind::resumed: return "resumed";
  }
  return "?";
}

const char* word(ActionKind kind) {
  switch (kind) {
    case ActionKind::spawn: return "spawn";
    case ActionKind::watch_ready: return "watch-ready";
    case ActionKind::unwatch_ready: return "unwatch-ready";
    case ActionKind::signal: return "signal";
    case ActionKind::stop_command: return "stop-command";
    case ActionKind::reload_command: return "reload-command";
    case ActionKind::await_empty: return "await-empty";
    case ActionKind::terminate_rest: return "terminate-rest";
    case ActionKind::kill: return "kill";
    case ActionKind::release: return "release";
    case ActionKind::announce: return "announce";
    case ActionKind::leave: return "leave";
  }
  return "?";
}

}  // namespace stayd::core
