// SPDX-License-Identifier: Apache-2.0
// The working side of step(), split by theme over several files. Private to core/.
//
//   step.cc          events become facts; the work list runs until nothing is left to do
//   settle.cc        what an instance's facts and want ask for
//   accounts.cc      traits of instances, counts by service, verdicts
//   dependencies.cc  who is told when a service's verdict changes; what a start waits for
//   commands.cc      wants: start, stop, restart, reload, kill
//   run.cc           the life of a run: spawn, ready, exit
//   restart.cc       what follows the end of a run
//   stop.cc          stop, escalation, cleaning
//   shutdown.cc      the end of the supervisor, and its exit status
#pragma once

#include "core/step.h"

namespace stayd::core {

/// Who asked for a change of want, and for what reason.
struct Request {
  Reason reason = Reason::none;
  InstanceId cause = no_instance;
  std::uint32_t operator_uid = 0;
  std::int32_t operator_pid = 0;
};

class Stepper {
 public:
  Stepper(State& state, const Catalog& catalog, Instant now, Outcome& outcome)
      : state_(state),
        catalog_(catalog),
        now_(now),
        outcome_(outcome),
        first_touched_(outcome.touched.size()) {}

  void apply(const Event& event);
  /// State::restore: counts everything anew.
  void rebuild();

 private:
  // step.cc
  void record(const Event& event);
  void record_of_run(const Event& event);
  void drain();
  void tick();
  void resume();
  void finish_start(InstanceId id);
  void resume_instance(InstanceId id);
  void announce();
  // settle.cc
  void settle(InstanceId id);
  void settle_waiting(InstanceId id);
  bool may_start(InstanceId id);
  void settle_up(InstanceId id);
  void settle_going(InstanceId id);
  void on_phase_deadline(InstanceId id);
  // accounts.cc
  [[nodiscard]] Traits traits_of(InstanceId id) const;
  void recount(InstanceId id);
  void count(ServiceId service, Traits gained, Traits lost);
  void note_change(ServiceId service, unsigned changes);
  void hold_requirements(ServiceId service, std::int32_t by);
  [[nodiscard]] Verdict verdict(ServiceId service, model::Condition condition) const;
  // dependencies.cc
  void pass_on(ServiceId service);
  void pass_on_verdict(ServiceId service, const Edge& dependent);
  void bring_back(ServiceId dependent, ServiceId because_of);
  void bring_down(ServiceId dependent, ServiceId because_of, Reason reason);
  void restart_parts(ServiceId dependent, ServiceId because_of);
  void wake(ServiceId service, ServiceId waiting_for);
  void wake_leaving(ServiceId service);
  void pull(InstanceId id);
  void request_pull(InstanceId id);
  void pull_service(ServiceId service, const Request& request);
  void claim(InstanceId id, ServiceId conflicting);
  [[nodiscard]] Verdict look_for_blocker(InstanceId id, Request& blocker);
  [[nodiscard]] Request lost_requirement(ServiceId service) const;
  [[nodiscard]] InstanceId unmet_instance(ServiceId service, model::Condition condition) const;
  [[nodiscard]] InstanceId over_instance(ServiceId service) const;
  // commands.cc
  void want_up(InstanceId id, const Request& request);
  void want_down(InstanceId id, const Request& request);
  void set_want(InstanceId id, Want want, const Request& request);
  void start_anew(InstanceId id, const Request& request);
  void restart(InstanceId id, const Request& request);
  void reload(InstanceId id);
  void operator_kill(InstanceId id, const Event& event);
  // run.cc
  void begin_start(InstanceId id);
  void spawned(InstanceId id, const Event& event);
  void became_ready(InstanceId id);
  void main_exited(InstanceId id, const Event& event);
  void orphan_reaped(InstanceId id);
  void emptied(InstanceId id, const Event& event);
  void note_exit(InstanceId id, const Event& event);
  void end_run(InstanceId id);
  void start_again(InstanceId id);
  // restart.cc
  void spawn_failed(InstanceId id, const Event& event);
  void after_end(InstanceId id);
  void restart_or_fail(InstanceId id, Reason reason, Duration at_least = {});
  [[nodiscard]] Duration restart_delay(const InstanceState& instance, const Rules& rules);
  [[nodiscard]] double random_unit();
  void end_for_good(InstanceId id, Phase phase, Reason reason);
  // stop.cc
  void begin_stop(InstanceId id);
  void ask_to_stop(InstanceId id);
  void escalate(InstanceId id);
  void end_down(InstanceId id);
  void command_ended(InstanceId id, const Event& event);
  void main_stopped(InstanceId id, bool stopped);
  // shutdown.cc
  void shutdown_event(const Event& event);
  void begin_shutdown(std::uint8_t exit_status);
  void shutdown_at_once();

  [[nodiscard]] bool all_done() const;
  void check_leave();
  [[nodiscard]] std::uint8_t all_done_status() const;
  [[nodiscard]] std::uint8_t final_status() const;

  // Access. Whoever changes phase, want or restart_after_stop calls recount or set_phase.
  [[nodiscard]] const InstanceState& at(InstanceId id) const {
    return state_.instances_[index_of(id)];
  }
  [[nodiscard]] const Rules& rules(InstanceId id) const {
    return catalog_.rules(catalog_.service_of(id));
  }
  [[nodiscard]] Mark& mark(InstanceId id) { return state_.derived_.marks[index_of(id)]; }
  [[nodiscard]] ServiceCounts& counts(ServiceId id) {
    return state_.derived_.services[index_of(id)];
  }
  [[nodiscard]] bool shutdown_now() const { return state_.supervisor_.shutdown_now; }
  InstanceState& edit(InstanceId id);
  void set_phase(InstanceId id, Phase phase);
  void set_reason(InstanceId id, Reason reason, InstanceId cause);
  void set_deadline(InstanceId id, Instant at);
  void give(ActionKind kind, InstanceId id);
  void enqueue(InstanceId id);
  template <typename F>
  void for_each_instance(ServiceId service, F&& f) {
    const Rules& r = catalog_.rules(service);
    for (std::uint32_t i = 0; i < r.replicas; ++i) f(InstanceId{index_of(r.first_instance) + i});
  }

  State& state_;
  const Catalog& catalog_;
  Instant now_;
  WallTime wall_{};
  Outcome& outcome_;
  std::size_t first_touched_;
};

/// What the instance's end means as the exit code of a process: its code, 128 + N for a signal, 126
/// or 127 when it could not be executed, 125 when it could not be started otherwise.
std::uint8_t exit_status_of(const InstanceState& instance);

}  // namespace stayd::core
