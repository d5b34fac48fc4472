// SPDX-License-Identifier: Apache-2.0
// The members of Status's objects: one table for each struct, from which reply.cc writes and
// reply_reader.cc reads, so that the two cannot disagree.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "control/instance_view.h"

namespace stayd::control {

enum class Presence : std::uint8_t {
  always,
  when_set,  ///< neither empty, nor zero, nor false; a negative number is not set either
};

template <typename View>
struct Field {
  using Member = std::variant<std::string_view View::*, WallTime View::*, Duration View::*,
                              std::int32_t View::*, std::uint32_t View::*, std::int64_t View::*,
                              std::uint64_t View::*, bool View::*>;
  std::string_view name;
  Member member;
  Presence presence = Presence::when_set;
};

inline constexpr std::array instance_fields{
    Field<InstanceView>{"service", &InstanceView::service, Presence::always},
    Field<InstanceView>{"instance", &InstanceView::instance, Presence::always},
    Field<InstanceView>{"type", &InstanceView::type},
    Field<InstanceView>{"phase", &InstanceView::phase, Presence::always},
    Field<InstanceView>{"want", &InstanceView::want, Presence::always},
    Field<InstanceView>{"health", &InstanceView::health},
    Field<InstanceView>{"reason", &InstanceView::reason, Presence::always},
    Field<InstanceView>{"cause", &InstanceView::cause},
    Field<InstanceView>{"condition", &InstanceView::condition},
    Field<InstanceView>{"pid", &InstanceView::pid},
    Field<InstanceView>{"run", &InstanceView::run, Presence::always},
    Field<InstanceView>{"since", &InstanceView::since},
    Field<InstanceView>{"ready_since", &InstanceView::ready_since},
    Field<InstanceView>{"next_start", &InstanceView::next_start},
    Field<InstanceView>{"kill_at", &InstanceView::kill_at},
    Field<InstanceView>{"restarts", &InstanceView::restarts, Presence::always},
    Field<InstanceView>{"orphans", &InstanceView::orphans},
    Field<InstanceView>{"suspended", &InstanceView::suspended},
    Field<InstanceView>{"ready_timed_out", &InstanceView::ready_timed_out},
    Field<InstanceView>{"stop_timed_out", &InstanceView::stop_timed_out},
    Field<InstanceView>{"operator_uid", &InstanceView::operator_uid},
    Field<InstanceView>{"operator_pid", &InstanceView::operator_pid},
    Field<InstanceView>{"status_text", &InstanceView::status_text},
    Field<InstanceView>{"log_bytes", &InstanceView::log_bytes},
    Field<InstanceView>{"trouble", &InstanceView::trouble},
    Field<InstanceView>{"cgroup", &InstanceView::cgroup},
};

/// Written among the instance's own members, all or none.
inline constexpr std::array usage_fields{
    Field<UsageView>{"memory", &UsageView::memory, Presence::always},
    Field<UsageView>{"cpu_seconds", &UsageView::cpu, Presence::always},
    Field<UsageView>{"processes", &UsageView::processes, Presence::always},
};

/// "code", "signal" or "unknown" come before these, by LastExitView::kind.
inline constexpr std::array last_exit_fields{
    Field<LastExitView>{"core", &LastExitView::core, Presence::always},
    Field<LastExitView>{"oom", &LastExitView::oom, Presence::always},
    Field<LastExitView>{"at", &LastExitView::at},
    Field<LastExitView>{"run", &LastExitView::run, Presence::always},
    Field<LastExitView>{"ran_for", &LastExitView::ran_for, Presence::always},
    Field<LastExitView>{"line", &LastExitView::line},
};

inline constexpr std::array failure_fields{
    Field<FailureView>{"number", &FailureView::number, Presence::always},
    Field<FailureView>{"step", &FailureView::step, Presence::always},
    Field<FailureView>{"text", &FailureView::text, Presence::always},
};

inline constexpr std::array supervisor_fields{
    Field<SupervisorView>{"pid", &SupervisorView::pid, Presence::always},
    Field<SupervisorView>{"keeper", &SupervisorView::keeper, Presence::always},
    Field<SupervisorView>{"log_writer", &SupervisorView::log_writer, Presence::always},
    Field<SupervisorView>{"generation", &SupervisorView::generation, Presence::always},
    Field<SupervisorView>{"name", &SupervisorView::name, Presence::always},
    Field<SupervisorView>{"title", &SupervisorView::title, Presence::always},
    Field<SupervisorView>{"version", &SupervisorView::version, Presence::always},
    Field<SupervisorView>{"since", &SupervisorView::since, Presence::always},
    Field<SupervisorView>{"config", &SupervisorView::config},
    Field<SupervisorView>{"log_dir", &SupervisorView::log_dir},
    Field<SupervisorView>{"cgroup", &SupervisorView::cgroup},
    Field<SupervisorView>{"containment", &SupervisorView::containment, Presence::always},
    Field<SupervisorView>{"shutdown", &SupervisorView::shutdown},
    Field<SupervisorView>{"orphans", &SupervisorView::orphans},
    Field<SupervisorView>{"trouble", &SupervisorView::trouble},
};

}  // namespace stayd::control
