// SPDX-License-Identifier: Apache-2.0
// From the core's state to what Status tells of it.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "control/instance_view.h"
#include "core/catalog.h"
#include "core/state.h"
#include "core/step.h"
#include "model/spec_codec.h"
#include "runtime/names.h"

namespace stayd::runtime {

/// Both clocks, read once for a whole answer.
struct Clocks {
  Instant now{};
  WallTime wall{};
  [[nodiscard]] WallTime wall_at(Instant at) const { return {wall.ns + (at.ns - now.ns)}; }
};

/// Fills views. The texts that a view borrows are the maker's: the next view overwrites them.
class ViewMaker {
 public:
  ViewMaker(const Names& names, const model::SpecView& spec, const core::Catalog& catalog,
            const core::State& state)
      : names_(names), spec_(spec), catalog_(catalog), state_(state) {}

  control::InstanceView make(InstanceId id, const Clocks& clocks);

 private:
  void fill_times(control::InstanceView& view, const core::InstanceState& state,
                  const Clocks& clocks) const;
  void fill_cause(control::InstanceView& view, InstanceId id, const core::InstanceState& state);
  void fill_failure(control::InstanceView& view, InstanceId id, const core::InstanceState& state);

  const Names& names_;
  const model::SpecView& spec_;
  const core::Catalog& catalog_;
  const core::State& state_;
  std::string instance_, cause_, failure_;
};

control::LastExitView view_of(const core::LastExit& exit);
/// Whether an operator's command is the reason: then the state says whose.
bool is_operators(core::Reason reason);

}  // namespace stayd::runtime
