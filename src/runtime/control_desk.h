// SPDX-License-Identifier: Apache-2.0
// Where requests become facts for the core, and the core's state becomes replies.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "control/reply.h"
#include "control/server.h"
#include "core/action.h"
#include "core/catalog.h"
#include "core/step.h"
#include "runtime/event_log.h"
#include "runtime/names.h"
#include "runtime/own_words.h"
#include "runtime/runs.h"
#include "runtime/views.h"
#include "runtime/waits.h"

namespace stayd::runtime {

/// What the desk needs of the supervisor around it.
class DeskWorld {
 public:
  virtual ~DeskWorld() = default;
  virtual control::SupervisorView supervisor_view() = 0;
  /// What beside the core's state is to be told of an instance: its text from sd_notify, its
  /// cgroup, its log's trouble.
  virtual void complete(InstanceId id, control::InstanceView& view) = 0;
  virtual control::UsageView usage(InstanceId id) = 0;
};

class ControlDesk final : public control::Handler {
 public:
  struct Setting {
    const Names& names;
    const model::SpecView& spec;
    const core::Catalog& catalog;
    const core::State& state;
    Facts& facts;
    OwnWords& words;
    EventLog& events;
    DeskWorld& world;
  };
  explicit ControlDesk(Setting setting)
      : setting_(setting), views_(setting.names, setting.spec, setting.catalog, setting.state) {}

  /// The server that it answers through; none: nobody can call.
  void attach(control::Server* server) { server_ = server; }

  void handle(control::ConnectionId connection, const control::Request& request,
              const control::Caller& caller) override;
  void refused(const control::Request& request, const control::Caller& caller) override;
  void gone(control::ConnectionId connection) override { waits_.gone(connection); }

  /// The instance's state changed: settles who waits for it, tells who watches.
  void touched(InstanceId id);
  /// It went from `before` to its present phase.
  void announce(InstanceId id, core::Phase before);
  void reload_ended(InstanceId id, const std::string& failure) { waits_.reload_ended(id, failure); }
  /// For all who follow events.
  void notice(std::string_view message);
  /// Answers what has been settled or is overdue; at the end of each batch.
  void answer_waits(Instant now);
  [[nodiscard]] Instant next_deadline() const { return waits_.next_deadline(); }

 private:
  struct Call {
    control::ConnectionId connection{};
    const control::Request& request;
    const control::Caller& caller;
    std::vector<InstanceId> chosen{};
  };
  bool choose(Call& call);
  void status(Call& call);
  void send_pages(const Call& call, control::Continues last);
  void explain(const Call& call);
  void kill(Call& call);
  void command(Call& call, core::EventKind kind, Goal goal);
  bool refuse(const Call& call, core::EventKind kind, WaitItem& item) const;
  void shut_down(const Call& call);
  void wait(Call& call);
  WaitItem item_of(InstanceId id) const;
  void note_command(const Call& call);
  void start_wait(const Call& call, Goal goal, std::vector<WaitItem> items);
  void answer(const Wait& wait);
  void publish_event(const control::EventView& event, std::string_view service,
                     std::string_view instance);
  core::Event operator_event(core::EventKind kind, InstanceId id,
                             const control::Caller& caller) const;

  Setting setting_;
  ViewMaker views_;
  Waits waits_;
  control::Server* server_ = nullptr;
};

}  // namespace stayd::runtime
