// SPDX-License-Identifier: Apache-2.0
// What becomes of an instance in one step of the core, as events (docs/events.md): one for each
// change of phase, of the kind that says most: started, ready, exited, start-failed, else phase.
#pragma once

#include <string>

#include "core/action.h"
#include "core/event.h"
#include "core/step.h"
#include "model/spec_codec.h"
#include "runtime/event_log.h"
#include "runtime/names.h"
#include "runtime/runs.h"

namespace stayd::runtime {

/// The fact that the core was told, and its instance as it was before.
struct StepSeen {
  const core::Event& event;
  const core::InstanceState& before;
  Instant now{};
};

class InstanceEvents {
 public:
  struct Setting {
    EventLog& log;
    const Names& names;
    const core::State& state;
    const Runs& runs;
    const model::SpecView& spec;
  };
  explicit InstanceEvents(Setting setting) : setting_(setting) {}

  /// `announce`: an instance's change of phase in that step; its state is the one after the step.
  /// `text`: words() for it.
  void record(const StepSeen& seen, const core::Action& announce, std::string text);
  /// The sentence for it (phase_words), with what of it stands in its service only.
  [[nodiscard]] std::string words(const core::Action& announce, Instant now) const;

 private:
  void write_change(control::JsonWriter& json, const core::InstanceState& state,
                    const core::Action& announce);
  void write_reason(control::JsonWriter& json, const core::InstanceState& state);
  void write_end(control::JsonWriter& json, InstanceId id, const core::InstanceState& state);

  Setting setting_;
  std::string name_, cause_;
};

/// How a process ended, as fields: code, signal or unknown, and core, oom, ran_for where they hold.
void write_exit(control::JsonWriter& json, const core::LastExit& exit);

}  // namespace stayd::runtime
