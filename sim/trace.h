// SPDX-License-Identifier: Apache-2.0
// The story of a run as text, in the words that status and explain use.
#pragma once

#include "core/step.h"
#include "model/spec.h"

namespace stayd::sim {

/// Prints the services once, then a line for each event that did something.
class Trace {
 public:
  Trace(const model::Spec& spec, const core::Catalog& catalog) : spec_(spec), catalog_(catalog) {}
  void configuration() const;
  void step(Instant now, const core::Event& event, const core::State& state,
            const core::Outcome& outcome) const;
  void note(Instant now, const char* what) const;

 private:
  void print_event(Instant now, const core::Event& event) const;
  void print_actions(const core::Outcome& outcome) const;
  void print_changes(const core::State& state, const core::Outcome& outcome) const;
  void print_name(InstanceId id) const;

  const model::Spec& spec_;
  const core::Catalog& catalog_;
};

}  // namespace stayd::sim
