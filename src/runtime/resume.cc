// SPDX-License-Identifier: Apache-2.0
#include "runtime/resume.h"

namespace stayd::runtime {
namespace {

using core::Phase;

Decision found_preparing(ProcessFound process) {
  switch (process) {
    case ProcessFound::none: return {};
    case ProcessFound::alive: return {.attach = true, .tell = Tell::spawned};
    case ProcessFound::zombie: return {.tell = Tell::spawned_then_exited};
    case ProcessFound::gone: return {.tell = Tell::spawn_failed};
  }
  __builtin_unreachable();
}

/// In a phase in which the main process should be there.
Decision found_with_main(ProcessFound process) {
  switch (process) {
    case ProcessFound::alive: return {.attach = true};
    case ProcessFound::zombie: return {.tell = Tell::exited};
    case ProcessFound::none:
    case ProcessFound::gone: return {.tell = Tell::exited_unknown};
  }
  __builtin_unreachable();
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
    case Phase::starting:
    case Phase::running:
    case Phase::stopping: return found_with_main(process);
    case Phase::cleaning: return {.reap = process == ProcessFound::zombie};
    case Phase::stopped:
    case Phase::waiting:
    case Phase::backoff:
    case Phase::failed:
    case Phase::done:
      return {.reap = process == ProcessFound::zombie, .release = record.run.run != no_run};
  }
  __builtin_unreachable();
}

}  // namespace stayd::runtime
