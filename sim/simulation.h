// SPDX-License-Identifier: Apache-2.0
// One seed: a random configuration, a simulated kernel, the core, and everything that can go wrong.
//
//   safety    faults, operators and take-overs at random; every law holds after every step
//   liveness  the faults stop: everything comes to rest where it is wanted
//   shutdown  the supervisor leaves, and nothing is left
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/step.h"
#include "sim/agenda.h"
#include "sim/kernel.h"
#include "sim/oracle.h"
#include "sim/planted_bug.h"
#include "sim/random.h"
#include "sim/trace.h"

namespace stayd::sim {

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t events = 2000;  ///< in the safety phase
  PlantedBug bug = PlantedBug::none;
  enum class Tell : std::uint8_t { nothing, everything } tell = Tell::nothing;
};

class Simulation {
 public:
  explicit Simulation(const Options& options);
  /// Empty, or what went wrong, with the seed and the event's number.
  std::string run();
  /// Steps of the core.
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t take_overs() const { return take_overs_; }

 private:
  void boot();
  void advance();
  void handle(const Item& item);
  void tick();
  void operator_acts();
  void schedule_operator();
  void deliver(core::Event event);
  void apply(const core::Event& event);
  void note_facts(const core::Event& event);
  void carry_out(std::size_t count);
  void fall(const core::Event& event);
  void tear(std::vector<core::InstanceState>& instances,
            const std::vector<core::InstanceState>& before);
  void take_over(const core::SupervisorState& supervisor,
                 std::vector<core::InstanceState>& instances);
  void calm_down();
  void shut_down();
  void check_step(const core::Event& event);
  void check_everything();
  void fail(const std::string& what);
  [[nodiscard]] bool failed() const { return !failure_.empty(); }

  Options options_;
  Random random_;
  model::Spec spec_;
  core::Catalog truth_;  ///< what is configured
  core::Catalog seen_;   ///< what the core goes by: the same, but for a planted bug
  Agenda agenda_;
  Kernel kernel_;
  Oracle oracle_;
  core::State state_;
  core::Outcome outcome_;
  Trace trace_;
  std::string failure_;
  Instant now_{1'000'000'000};
  std::uint64_t events_ = 0;
  std::uint64_t take_overs_ = 0;
  bool calm_ = false;
  bool left_ = false;
  bool taking_over_ = false;  ///< facts are told, `resumed` is not yet
};

}  // namespace stayd::sim
