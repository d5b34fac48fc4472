// SPDX-License-Identifier: Apache-2.0
// The deciding part, a pure function of what is known, what happened and when:
//
//     step(state, catalog, event, now) -> outcome
//
// It looks only at instances that the event touches and at their dependents (a work list), so the
// cost of an event does not grow with the number of services. No clock, no I/O, no randomness of
// its own, no allocation once its buffers have grown.
#pragma once

#include <span>
#include <vector>

#include "base/time.h"
#include "core/action.h"
#include "core/catalog.h"
#include "core/derived.h"
#include "core/event.h"
#include "core/state.h"

namespace stayd::core {

/// Everything that step reads and writes. The instances and `supervisor` are the ledger's content;
/// the rest is derived and rebuilt by `restore`.
class State {
 public:
  /// All instances stopped, none wanted.
  explicit State(const Catalog& catalog);
  /// From a ledger: `instances` has one entry for each of the catalog's.
  void restore(const SupervisorState& supervisor, std::span<const InstanceState> instances,
               const Catalog& catalog);

  [[nodiscard]] const InstanceState& at(InstanceId id) const;
  [[nodiscard]] std::span<const InstanceState> instances() const;
  [[nodiscard]] const SupervisorState& supervisor() const;
  /// Seeds the jitter; once, before the first step.
  void seed(std::uint64_t random);
  /// Runs get numbers greater than that of `run`. Before the first event.
  void number_runs_behind(RunId run);
  /// When the next tick is due; Instant::never() when nothing waits for time.
  [[nodiscard]] Instant next_deadline() const;

 private:
  friend class Stepper;
  friend struct Inspector;  ///< invariants.cc
  SupervisorState supervisor_;
  std::vector<InstanceState> instances_;
  Derived derived_;
};

/// Applies one event. Appends to `outcome`; does not clear it. An event that is stale, doubled or
/// not possible in the instance's phase changes nothing; docs/STATES.md has the table.
void step(State& state, const Catalog& catalog, const Event& event, Instant now, Outcome& outcome);

}  // namespace stayd::core
