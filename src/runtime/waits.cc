// SPDX-License-Identifier: Apache-2.0
#include "runtime/waits.h"

#include <algorithm>
#include <utility>

namespace stayd::runtime {
namespace {

using control::Outcome;
using core::InstanceState;
using core::Phase;
using core::Want;

bool is_down(Phase phase) {
  return phase == Phase::stopped || phase == Phase::failed || phase == Phase::done;
}

std::optional<Outcome> start_outcome(const WaitItem& item, const InstanceState& state) {
  switch (state.phase) {
    case Phase::running: return Outcome::running;
    case Phase::done: return Outcome::done;
    case Phase::failed: return Outcome::failed;
    case Phase::backoff:
      if (state.run != item.run) return Outcome::failed;
      return std::nullopt;
    case Phase::stopped:
      if (state.reason == core::Reason::operator_stop) return Outcome::replaced;
      if (state.want == Want::down) return Outcome::failed;
      return std::nullopt;
    case Phase::waiting:
      if (state.reason == core::Reason::requirement_failed) return Outcome::failed;
      return std::nullopt;
    case Phase::preparing:
    case Phase::starting:
    case Phase::stopping:
    case Phase::cleaning: return std::nullopt;
  }
  __builtin_unreachable();
}

std::optional<Outcome> restart_outcome(const WaitItem& item, const InstanceState& state) {
  const bool old_run = item.had_process && state.run == item.run;
  if (!old_run) return start_outcome(item, state);
  if (state.want == Want::down) return Outcome::replaced;
  if (is_down(state.phase) || state.phase == Phase::backoff) return Outcome::failed;
  return std::nullopt;
}

std::optional<Outcome> when(bool holds, Outcome outcome) {
  return holds ? std::optional(outcome) : std::nullopt;
}

}  // namespace

std::optional<Outcome> outcome_of(Goal goal, const WaitItem& item, const InstanceState& state) {
  switch (goal) {
    case Goal::accepted: return item.outcome;
    case Goal::started: return start_outcome(item, state);
    case Goal::restarted: return restart_outcome(item, state);
    case Goal::stopped:
      if (is_down(state.phase)) return Outcome::stopped;
      return when(state.want == Want::up, Outcome::replaced);
    case Goal::reloaded:
      return when(state.phase != Phase::running || state.run != item.run, Outcome::failed);
    case Goal::ready:
      if (state.phase == Phase::running) return Outcome::done;
      if (state.phase == Phase::done) return item.is_task ? Outcome::done : Outcome::failed;
      return when(state.phase == Phase::failed, Outcome::failed);
    case Goal::down: return when(is_down(state.phase), Outcome::done);
    case Goal::done:
      if (state.phase == Phase::done) return Outcome::done;
      return when(state.phase == Phase::failed, Outcome::failed);
    case Goal::exited:
      return when(!item.had_process || state.run != item.run || state.pid == 0, Outcome::done);
  }
  __builtin_unreachable();
}

void Waits::settle(Wait& wait, WaitItem& item, Outcome outcome) {
  item.outcome = outcome;
  item.settled = true;
  --wait.open;
}

void Waits::look(Wait& wait, WaitItem& item, const InstanceState& state) {
  if (item.settled) return;
  if (const auto outcome = outcome_of(wait.goal, item, state)) settle(wait, item, *outcome);
}

void Waits::add(Wait wait) {
  wait.open = static_cast<std::size_t>(std::ranges::count(wait.items, false, &WaitItem::settled));
  waits_.push_back(std::move(wait));
}

void Waits::touched(InstanceId id, const InstanceState& state) {
  // What is new is looked at as a whole, after the batch.
  for (Wait& wait : std::span(waits_).first(seen_)) {
    const auto at = std::ranges::lower_bound(wait.items, id, {}, &WaitItem::instance);
    if (at != wait.items.end() && at->instance == id) look(wait, *at, state);
  }
}

void Waits::reload_ended(InstanceId id, const std::string& failure) {
  for (Wait& wait : waits_) {
    if (wait.goal != Goal::reloaded) continue;
    const auto at = std::ranges::lower_bound(wait.items, id, {}, &WaitItem::instance);
    if (at == wait.items.end() || at->instance != id || at->settled) continue;
    at->message = failure;
    settle(wait, *at, failure.empty() ? Outcome::reloaded : Outcome::failed);
  }
}

void Waits::gone(control::ConnectionId connection) {
  const auto before = waits_.size();
  std::erase_if(waits_, [&](const Wait& wait) { return wait.connection == connection; });
  if (waits_.size() != before) seen_ = std::min(seen_, waits_.size());
}

Instant Waits::next_deadline() const {
  Instant earliest = Instant::never();
  for (const Wait& wait : waits_) earliest = std::min(earliest, wait.deadline);
  return earliest;
}

std::vector<Wait> Waits::take(Instant now) {
  std::vector<Wait> settled;
  for (Wait& wait : waits_) {
    if (wait.open != 0 && wait.deadline > now) continue;
    for (WaitItem& item : wait.items)
      if (!item.settled) item.outcome = Outcome::timed_out;
    wait.open = 0;
    settled.push_back(std::exchange(wait, {}));
  }
  if (!settled.empty()) std::erase_if(waits_, [](const Wait& wait) { return wait.items.empty(); });
  seen_ = waits_.size();
  return settled;
}

}  // namespace stayd::runtime
