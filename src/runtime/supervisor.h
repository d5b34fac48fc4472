// SPDX-License-Identifier: Apache-2.0
// The supervisor: one thread, one epoll. It turns readiness into facts, has the core decide, writes
// the decisions into the ledger, and carries them out.
//
//   epoll -> facts, in the order exits, readiness, signals, timers, requests
//         -> core::step for each -> ledger -> reaping -> subscribers -> actions, in their order
//
// Actions make facts of their own (spawned, emptied), which are settled before the next look at
// epoll. A few are carried out at a time with a look at epoll between, so that a thousand starts,
// or services that end as fast as they are started, keep neither a caller nor a deadline waiting.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "control/server.h"
#include "core/step.h"
#include "os/dying.h"
#include "runtime/containment.h"
#include "runtime/control_desk.h"
#include "runtime/event_log.h"
#include "runtime/foundation.h"
#include "runtime/helpers.h"
#include "runtime/instance_events.h"
#include "runtime/readiness.h"
#include "runtime/reaper.h"
#include "runtime/resume.h"
#include "runtime/services.h"

namespace stayd::runtime {

class Supervisor final : private DeskWorld, private control::Watcher {
 public:
  static Result<std::unique_ptr<Supervisor>> create(Foundation foundation);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Until nothing is left to supervise: the exit status, which the keeper has been told.
  int run();

 private:
  struct Start {
    core::Action action;
    enum class Leaf : std::uint8_t { own, another } leaf;  ///< another: its own is good for nothing
  };

  Supervisor(Foundation foundation, const SupervisorRecord& record, LogChannel channel);

  // supervisor_start.cc
  Status begin();
  Status begin_logs();
  Status begin_control();
  Status hold_log_channel();
  void boot();
  // supervisor_resume.cc
  Status resume();
  void restore_state();
  void resume_instance(InstanceId id);
  void resume_notify(InstanceId id, RunId run);
  void tell_whether_stopped(core::Event about);
  ProcessFound find_process(std::int32_t pid, os::Fd& process, core::LastExit& exit);

  // supervisor.cc
  void turn();
  void note_oom_kill(core::Event& exit);
  void dispatch(const os::Ready& ready);
  void settle();
  void step_facts();
  void step(const core::Event& event);
  void note_change(const core::Event& event, const core::InstanceState& before,
                   const core::Action& announce);
  void tell_changes();
  void write_ledger();
  void write_supervisor_record();
  void spread_outcome();
  void tick();
  void arm_timer();
  void keeper_ready();
  void signals_ready();
  [[nodiscard]] bool repeats(const os::SignalInfo& signal) const;
  void take_signal(const os::SignalInfo& signal);
  void orphan_ended(std::int32_t pid);
  [[nodiscard]] InstanceId owner_of_orphan(std::int32_t pid) const;
  void helper_ready(const Token& token);
  void log_writer_ready(const Token& token);
  void log_channel_ready(std::uint32_t events);
  void forget_troubles();
  void say(std::string_view sentence);

  // supervisor_events.cc
  void record_beginning();
  void record_end(std::uint8_t exit_status);
  void record_signal(const os::SignalInfo& signal);
  void record_log_writer_end(const core::LastExit& exit);
  void record_output(const OutputEnd& output);
  void record_trouble(const journal::Trouble& trouble, std::string_view text);

  // supervisor_actions.cc
  void carry_out_some();
  void carry_out(const core::Action& action);
  [[nodiscard]] Result<model::Service> service_of(InstanceId id) const;
  void spawn(const core::Action& action);
  Result<LeafFolder> prepare_leaf(const core::Action& action, Leaf leaf);
  void begin_start(PreparedStart prepared, const Start& start);
  void finish_start();
  void finish_starts();
  [[nodiscard]] bool goes_beside_starts(const core::Action& action) const;
  bool begin_in_another_leaf(const core::Action& action, PreparedStart& start);
  void spawn_failed(const core::Action& action, LaunchFailure failure);
  Launch launch_of(InstanceId id, RunId run);
  void signal(const core::Action& action);
  void run_command(const core::Action& action, HelperKind kind);
  void command_failed(const core::Action& action, HelperKind kind, const std::string& why);
  void terminate_rest(const core::Action& action);
  void kill(const core::Action& action);
  void release(const core::Action& action);
  Status start_helper(const model::Service& service, const Helper& helper,
                      std::span<const std::string> command);
  ContainedRun contained(InstanceId id);
  [[nodiscard]] Result<os::Cgroup> open_leaf(InstanceId id) const;
  static void set_leaf(RunRecord& record, const Leaf& leaf);
  void settle_containment();
  void hold_cgroup();
  void fact(core::EventKind kind, InstanceId id, RunId run);
  void leave(std::uint8_t exit_status);
  void finish_leaving();
  void keeper_gone();

  void watch_ready(const core::Action& action);
  void unwatch_ready(const core::Action& action);
  Status start_probe_command(InstanceId id, RunId run, std::span<const std::string> command);
  void notify_ready(const Token& token);
  void probe_ready(const Token& token);

  void describe_trouble();
  std::string_view awaited(InstanceId id);

  // DeskWorld, control::Watcher: supervisor_view.cc
  control::SupervisorView supervisor_view() override;
  void complete(InstanceId id, control::InstanceView& view) override;
  control::UsageView usage(InstanceId id) override;
  Status add(os::FdView fd, std::uint32_t events, std::uint32_t token) override;
  Status modify(os::FdView fd, std::uint32_t events, std::uint32_t token) override;
  void remove(os::FdView fd) override;

  Foundation base_;
  core::State state_;
  SupervisorRecord record_;
  Runs runs_;
  Facts facts_, facts_under_way_;
  core::Outcome outcome_;
  core::Fifo<core::Action> actions_;  ///< to be carried out
  /// Their processes are there, but have not executed yet; the one that was begun first is first.
  std::vector<Start> starting_;
  Reaper reaper_;
  Containment containment_;
  Helpers helpers_;
  OwnWords words_;
  EventLog events_;
  InstanceEvents instance_events_;
  std::vector<PhaseChange> changes_;  ///< not told yet
  LogLink logs_;
  Services services_;
  Launcher launcher_;
  Readiness readiness_;
  ControlDesk desk_;
  std::unique_ptr<control::Server> server_;
  LogNews news_;                            ///< of the log writer, for a moment
  std::vector<journal::Trouble> troubles_;  ///< logs that cannot be written now; few
  std::vector<EmptiedRun> emptied_;
  std::string name_, contained_name_, leaf_name_, why_not_, trouble_;  ///< lent out for a moment
  /// Readiness::awaited of services that were asked about while they started.
  std::unordered_map<std::uint32_t, std::string> awaited_;
  /// Containment::base_count at the last hold; none yet.
  std::uint32_t held_base_ = ~std::uint32_t{0};
  Instant now_{};
  WallTime wall_{};
  std::int32_t own_pid_ = 0, keeper_pid_ = 0;
  std::optional<std::uint8_t> exit_status_;  ///< decided: only the log writer is waited for
  int starts_here_ = 0;                      ///< since the last change of the processor
  os::Dying dying_{microseconds(50)};        ///< whom we have signalled
  Instant leave_deadline_ = Instant::never();
  Instant outputs_deadline_ = Instant::never();
  Instant last_signal_said_{};
  struct {
    os::SignalInfo signal{};
    Instant at{};
  } first_end_;  ///< the signal that has begun the end
  bool start_is_over_ = false;
  bool over_ = false;
  bool keeper_has_news_ = false;  ///< while it was asked something else
};

}  // namespace stayd::runtime
