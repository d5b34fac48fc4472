// SPDX-License-Identifier: Apache-2.0
#include "app/cli/run_history.h"

namespace stayd::app {

const std::string& PastRun::instance() const {
  return start.instance.empty() ? end.instance : start.instance;
}

std::uint64_t PastRun::run() const { return start.instance.empty() ? end.run : start.run; }

WallTime PastRun::started() const {
  if (start.at.ns != 0) return start.at;
  if (end.at.ns == 0 || !end.ran_for) return {};
  return {end.at.ns - end.ran_for->ns};
}

PastRun& RunHistory::run_of(const EventRecord& event) {
  const auto [at, is_new] =
      present_.try_emplace(event.instance + " " + std::to_string(event.run), runs_.size());
  if (is_new) runs_.emplace_back();
  return runs_[at->second];
}

/// A new supervisor begins: what it did not take over is over.
void RunHistory::close_all() {
  for (const auto& [key, index] : present_)
    if (runs_[index].state == RunState::open) runs_[index].state = RunState::lost;
  present_.clear();
}

void RunHistory::take(const EventRecord& event) {
  if (event.kind == "supervisor-started" || event.kind == "supervisor-ended") return close_all();
  if (event.run == 0 || event.instance.empty()) return;
  if (event.kind == "started") {
    PastRun& run = run_of(event);
    run.start = event;
    run.ready_at_once = event.to == "running";
  } else if (event.kind == "ready") {
    PastRun& run = run_of(event);
    if (run.start.instance.empty()) {
      run.start.instance = event.instance;
      run.start.run = event.run;
    }
    run.ready_after = event.ready_after;
  } else if (event.kind == "exited" || event.kind == "start-failed") {
    PastRun& run = run_of(event);
    run.state = event.kind == "exited" ? RunState::ended : RunState::never_started;
    run.end = event;
  } else if (event.kind == "output") {
    const auto known = present_.find(event.instance + " " + std::to_string(event.run));
    if (known != present_.end()) runs_[known->second].bytes = event.bytes;
  }
}

}  // namespace stayd::app
