// SPDX-License-Identifier: Apache-2.0
// Past runs, put together from the events that speak of them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/cli/event_record.h"

namespace stayd::app {

/// How far a run has come, as far as is recorded.
enum class RunState : std::uint8_t {
  open,           ///< started, and no end of it: it runs, or nobody was there to see its end
  ended,          ///< `end` says how
  never_started,  ///< `end` says why
  lost,           ///< its supervisor ended before it, or was killed with it
};

struct PastRun {
  RunState state = RunState::open;
  EventRecord start;  ///< of kind "started"; empty when that is not recorded any more
  EventRecord end;    ///< of kind "exited" or "start-failed"
  std::optional<Duration> ready_after;
  bool ready_at_once = false;          ///< it has no readiness to wait for
  std::optional<std::uint64_t> bytes;  ///< that it printed into its log

  [[nodiscard]] const std::string& instance() const;
  [[nodiscard]] std::uint64_t run() const;
  /// Zero: not known.
  [[nodiscard]] WallTime started() const;
};

/// Run numbers begin anew with each supervisor that is not a successor, so the order of events
/// matters: they are taken as they were recorded.
class RunHistory {
 public:
  void take(const EventRecord& event);
  /// In the order of their starts.
  [[nodiscard]] const std::vector<PastRun>& runs() const { return runs_; }

 private:
  PastRun& run_of(const EventRecord& event);
  void close_all();

  std::vector<PastRun> runs_;
  std::unordered_map<std::string, std::size_t>
      present_;  ///< of this supervisor, by instance and run
};

}  // namespace stayd::app
