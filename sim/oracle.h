// SPDX-License-Identifier: Apache-2.0
// Laws that a step has to keep, checked against the true configuration with as little of the core's
// own bookkeeping as possible.
#pragma once

#include <vector>

#include "core/step.h"
#include "sim/kernel.h"

namespace stayd::sim {

class Oracle {
 public:
  Oracle(const core::Catalog& truth, const Kernel& kernel)
      : truth_(truth),
        kernel_(kernel),
        ended_(truth.instance_count()),
        restarts_(truth.instance_count()) {}

  /// Before the actions are carried out. nullptr, or the law that is broken.
  const char* judge(const core::State& state, const core::Event& event,
                    const core::Outcome& outcome, Instant now);
  /// After the calm: everything is as it is wanted, in the core and in the world.
  const char* judge_rest(const core::State& state, InstanceId id) const;
  /// A run has just ended (emptied, or its spawn failed).
  void note_end(InstanceId id, Instant now) { ended_[index_of(id)] = now; }

 private:
  const char* judge_spawn(const core::State& state, InstanceId id) const;
  const char* judge_order(const core::State& state, const core::Edge& edge) const;
  const char* judge_stop(const core::State& state, InstanceId id) const;
  const char* judge_limit(const core::State& state, InstanceId id);
  [[nodiscard]] bool forgotten(const core::State& state, InstanceId id) const;
  [[nodiscard]] bool given_up(const core::InstanceState& instance) const;
  const char* judge_delay(const core::InstanceState& instance, InstanceId id) const;
  [[nodiscard]] std::uint32_t starting(const core::State& state) const;
  [[nodiscard]] const core::Rules& rules(InstanceId id) const {
    return truth_.rules(truth_.service_of(id));
  }
  template <typename F>
  bool any_instance(ServiceId service, F&& fits) const {
    const core::Rules& r = truth_.rules(service);
    for (std::uint32_t i = 0; i < r.replicas; ++i)
      if (fits(InstanceId{index_of(r.first_instance) + i})) return true;
    return false;
  }

  const core::Catalog& truth_;
  const Kernel& kernel_;
  std::vector<Instant> ended_;
  struct Restarts {
    std::uint32_t count = 0;
    std::vector<Instant> at;  ///< of those that may still be within the interval
  };
  std::vector<Restarts> restarts_;
  bool was_shutting_down_ = false;
  bool resumes_ = false;

  /// The step found that the supervisor has to end; it may have started or stopped somebody before.
  bool found_end_ = false;
  Instant now_{};
};

}  // namespace stayd::sim
