// SPDX-License-Identifier: Apache-2.0
// What becomes of an instance in one step of the core, as events (docs/events.md): one for each
// change of phase, of the kind that says most: started, ready, exited, start-failed, else phase.
#pragma once

#include <string>

#include "core/event.h"
#include "core/step.h"
#include "model/spec_codec.h"
#include "runtime/event_log.h"
#include "runtime/names.h"
#include "runtime/runs.h"

namespace stayd::runtime {

/// A change of phase in one step of the core.
struct PhaseChange {
  core::Event event;           ///< the fact that the core was told
  core::InstanceState before;  ///< of the event's instance
  core::InstanceState after;   ///< of the one that changed
  RunUsage usage;              ///< of its last run that has ended
  InstanceId instance = no_instance;
  core::Phase phase_before{};
  Instant now{};
};

class InstanceEvents {
 public:
  struct Setting {
    EventLog& log;
    const Names& names;
    const model::SpecView& spec;
  };
  explicit InstanceEvents(Setting setting) : setting_(setting) {}

  /// `text`: words() for it.
  void record(const PhaseChange& change, std::string text);
  /// The sentence for it (phase_words), with what of it stands in its service only.
  [[nodiscard]] std::string words(const PhaseChange& change) const;

 private:
  void write_change(control::JsonWriter& json, const PhaseChange& change);
  void write_reason(control::JsonWriter& json, const core::InstanceState& state);
  static void write_end(control::JsonWriter& json, const PhaseChange& change);

  Setting setting_;
  std::string name_, cause_;
};

/// How a process ended, as fields: code, signal or unknown, and core, oom, ran_for where they hold.
void write_exit(control::JsonWriter& json, const core::LastExit& exit);

}  // namespace stayd::runtime
