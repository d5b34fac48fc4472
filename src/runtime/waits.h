// SPDX-License-Identifier: Apache-2.0
// Calls that are answered when something has come about: a start that became ready, a stop that
// left nothing. Settled by the changes of the instances they speak of; nothing polls. Pure but for
// the replies it hands out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "control/reply.h"
#include "control/server.h"
#include "core/state.h"

namespace stayd::runtime {

/// What is waited for.
enum class Goal : std::uint8_t {
  accepted,  ///< nothing: the outcome stands already
  started,
  restarted,
  stopped,
  reloaded,  ///< told by Waits::reload_ended
  ready,     ///< the last four: of the Wait method, whose outcome is done
  down,
  done,
  exited,
};

struct WaitItem {
  InstanceId instance = no_instance;
  RunId run{};  ///< of the instance when the call came
  bool had_process = false;
  bool is_task = false;
  bool settled = false;
  control::Outcome outcome = control::Outcome::accepted;
  std::string message{};
};

struct Wait {
  control::ConnectionId connection{};
  Goal goal = Goal::accepted;
  Instant deadline = Instant::never();
  std::vector<WaitItem> items;  ///< by instance
  std::size_t open = 0;         ///< not settled yet
};

/// The outcome, once there is one.
std::optional<control::Outcome> outcome_of(Goal goal, const WaitItem& item,
                                           const core::InstanceState& state);

class Waits {
 public:
  /// Looked at when the batch that its call is part of has been settled.
  void add(Wait wait);
  /// The instance changed.
  void touched(InstanceId id, const core::InstanceState& state);
  /// `failure`: why it did not go well; empty: it did.
  void reload_ended(InstanceId id, const std::string& failure);
  void gone(control::ConnectionId connection);
  [[nodiscard]] bool empty() const { return waits_.empty(); }
  [[nodiscard]] Instant next_deadline() const;

  /// Looks at new ones, gives up those that are overdue, and takes out what is to be answered.
  template <typename StateOf>
  std::vector<Wait> take_settled(Instant now, StateOf state_of) {
    if (waits_.empty()) return {};
    for (std::size_t i = seen_; i < waits_.size(); ++i)
      for (WaitItem& item : waits_[i].items) look(waits_[i], item, state_of(item.instance));
    return take(now);
  }

 private:
  static void look(Wait& wait, WaitItem& item, const core::InstanceState& state);
  static void settle(Wait& wait, WaitItem& item, control::Outcome outcome);
  std::vector<Wait> take(Instant now);

  std::vector<Wait> waits_;
  std::size_t seen_ = 0;  ///< those before it have been looked at once
};

}  // namespace stayd::runtime
