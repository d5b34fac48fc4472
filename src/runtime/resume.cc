// SPDX-License-Identifier: Apache-2.0
#include "runtime/resume.h"

namespace stayd::runtime {
namespace {

using core::Phase;

Decision found_preparing(ProcessFound process) {
  switch (process) {
    case ProcessFound::none: return {.repeat = Repeat::spawn};
    case ProcessFound::alive: return {.attach = true, .tell = Tell::spawned};
    case ProcessFound::zombie: return {.tell = Tell::spawned_then_exited};
    case ProcessFound::gone: return {.tell = Tell::spawn_failed};
  }
  __builtin_unreachable();
}

/// In a phase in which the main process should be there; `alive` is what to do if it is.
Decision found_with_main(ProcessFound process, Repeat alive) {
  switch (process) {
    case ProcessFound::alive: return {.attach = true, .repeat = alive};
    case ProcessFound::zombie: return {.tell = Tell::exited};
    case ProcessFound::none:
    case ProcessFound::gone: return {.tell = Tell::exited_unknown};
  }
  __builtin_unreachable();
}

bool is_escalated(const InstanceRecord& record) {
  return record.state.stop_stage == core::StopStage::escalated;
}

Repeat stop_again(const InstanceRecord& record) {
  if (is_escalated(record)) return Repeat::kill;
  return record.run.stop_sent != 0 ? Repeat::nothing : Repeat::stop;
}

}  // namespace

std::int32_t process_to_find(const InstanceRecord& record, std::int32_t spawned) {
  if (record.state.phase == Phase::preparing) return spawned;
  const bool is_its_own = record.run.run == record.state.run;
  return is_its_own && record.run.main_pid != 0 ? record.run.main_pid : record.state.pid;
}

Decision decide(const InstanceRecord& record, ProcessFound process) {
  switch (record.state.phase) {
    case Phase::preparing: return found_preparing(process);
    case Phase::starting: return found_with_main(process, Repeat::watch_ready);
    case Phase::running: return found_with_main(process, Repeat::nothing);
    case Phase::stopping: return found_with_main(process, stop_again(record));
    case Phase::cleaning:
      return {.reap = process == ProcessFound::zombie,
              .repeat = is_escalated(record) ? Repeat::clean_kill : Repeat::clean};
    case Phase::stopped:
    case Phase::waiting:
    case Phase::backoff:
    case Phase::failed:
    case Phase::done:
      return {.reap = process == ProcessFound::zombie,
              .repeat = record.run.run != no_run ? Repeat::release : Repeat::nothing};
  }
  __builtin_unreachable();
}

void append_actions(const Decision& decision, InstanceId id, const InstanceRecord& record,
                    const core::Rules& rules, std::vector<core::Action>& actions) {
  const auto append = [&](core::ActionKind kind) {
    actions.push_back({.kind = kind, .instance = id, .run = record.state.run});
  };
  switch (decision.repeat) {
    case Repeat::nothing: return;
    case Repeat::spawn: return append(core::ActionKind::spawn);
    case Repeat::watch_ready: return append(core::ActionKind::watch_ready);
    case Repeat::kill: return append(core::ActionKind::kill);
    case Repeat::stop:
      append(rules.has_stop_command ? core::ActionKind::stop_command : core::ActionKind::signal);
      actions.back().signal = rules.stop_signal;
      actions.back().whom = rules.stop_to;
      return;
    case Repeat::clean:
      append(core::ActionKind::await_empty);
      return append(core::ActionKind::terminate_rest);
    case Repeat::clean_kill:
      append(core::ActionKind::await_empty);
      return append(core::ActionKind::kill);
    case Repeat::release:
      append(core::ActionKind::release);
      actions.back().run = record.run.run;
      return;
  }
}

}  // namespace stayd::runtime
