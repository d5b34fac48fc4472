// SPDX-License-Identifier: Apache-2.0
#include "app/cli/describe.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::app {
namespace {

using control::EndKind;
using control::InstanceView;
using core::Phase;
using core::Reason;

constexpr std::size_t most_line_bytes = 400;

/// "restart-limit" and "restart_limit" are the same word.
bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return x == y || ((x == '-' || x == '_' || x == ' ') && (y == '-' || y == '_' || y == ' '));
  });
}

std::string by_whom(const InstanceView& instance) {
  if (instance.operator_uid < 0) return "by an operator";
  return "by " + format_user(instance.operator_uid);
}

std::string dependency_text(const InstanceView& instance) {
  std::string text(instance.cause);
  if (!instance.condition.empty()) text.append(":").append(instance.condition);
  return text;
}

/// How the last run ended, or why it never began.
std::string end_clause(const InstanceView& instance) {
  if (instance.failure.number != 0) return "cannot be started: " + printable(instance.failure.text);
  auto text = exit_clause(instance.last_exit);
  if (text.empty()) text = "ended";
  return (instance.ready_timed_out ? "not ready in time and " : "") + text;
}

bool speaks_of_exit(Reason reason) {
  switch (reason) {
    case Reason::exited:
    case Reason::restart_delay:
    case Reason::restart_limit:
    case Reason::never_restart_code:
    case Reason::policy_no_restart:
    case Reason::task_done: return true;
    case Reason::none:
    case Reason::boot:
    case Reason::operator_start:
    case Reason::operator_stop:
    case Reason::operator_restart:
    case Reason::operator_kill:
    case Reason::needed_by:
    case Reason::requirement_waiting:
    case Reason::requirement_failed:
    case Reason::requirement_stopped:
    case Reason::requirement_back:
    case Reason::conflict:
    case Reason::part_of:
    case Reason::start_slots:
    case Reason::spawn_failed:
    case Reason::became_ready:
    case Reason::ready_timeout:
    case Reason::on_failure_of:
    case Reason::stop_escalated:
    case Reason::shutdown:
    case Reason::resource_retry: return false;
  }
  return false;
}

std::string operator_clause(const InstanceView& instance, std::string_view what) {
  return std::string(what).append(" ").append(by_whom(instance));
}

std::string clause_of(Reason reason, const InstanceView& instance) {
  const std::string cause(instance.cause);
  switch (reason) {
    case Reason::none: return {};
    case Reason::boot: return "started with the supervisor";
    case Reason::operator_start: return operator_clause(instance, "started");
    case Reason::operator_stop: return operator_clause(instance, "stopped");
    case Reason::operator_restart: return operator_clause(instance, "restarted");
    case Reason::operator_kill: return operator_clause(instance, "signalled");
    case Reason::needed_by: return "started because " + cause + " needs it";
    case Reason::requirement_waiting: return "requires " + dependency_text(instance);
    case Reason::requirement_failed:
      return "requires " + dependency_text(instance) +
             ", which failed or ended; comes back with it";
    case Reason::requirement_stopped:
      return "requires " + dependency_text(instance) + ", which was stopped; comes back with it";
    case Reason::requirement_back: return "started again because " + cause + " is back";
    case Reason::conflict: return "conflicts with " + cause;
    case Reason::part_of: return "is part of " + cause + " and follows it";
    case Reason::start_slots: return "as many as max-parallel-starts allows are starting";
    case Reason::spawn_failed: return end_clause(instance);
    case Reason::became_ready: return "became ready";
    case Reason::ready_timeout: return "was not ready in time";
    case Reason::exited:
    case Reason::restart_delay: return end_clause(instance);
    case Reason::restart_limit:
      return "restarted too often (its restart limit): " + end_clause(instance);
    case Reason::never_restart_code:
      return end_clause(instance) + ", which never-on excepts from restarts";
    case Reason::policy_no_restart:
      return end_clause(instance) + ", which its restart policy takes as final";
    case Reason::task_done: return end_clause(instance);
    case Reason::on_failure_of: return "started because " + cause + " failed";
    case Reason::stop_escalated: return "did not stop in time and was killed";
    case Reason::shutdown: return "the supervisor is going down";
    case Reason::resource_retry: return end_clause(instance);
  }
  return {};
}

std::string backoff_clause(const InstanceView& instance, WallTime now) {
  const bool is_retry = reason_of(instance.reason) == Reason::resource_retry;
  std::string text = is_retry ? "is in backoff, tried again"
                              : "is in backoff, " + ordinal(instance.restarts) + " restart";
  if (instance.next_start.ns == 0) return text;
  return text + " in " + age(now, instance.next_start);
}

std::string stopping_clause(const InstanceView& instance, WallTime now) {
  std::string text = "is stopping";
  if (instance.kill_at.ns != 0) text.append(", killed in ").append(age(now, instance.kill_at));
  return text;
}

}  // namespace

std::optional<Phase> phase_of(std::string_view text) {
  for (std::size_t i = 0; i < core::phase_count; ++i) {
    const auto phase = static_cast<Phase>(i);
    if (core::word(phase) == text) return phase;
  }
  return std::nullopt;
}

std::optional<Reason> reason_of(std::string_view text) {
  for (std::size_t i = 0; i < core::reason_count; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (same_word(core::word(reason), text)) return reason;
  }
  return std::nullopt;
}

bool is_as_wanted(const InstanceView& instance) {
  const auto phase = phase_of(instance.phase);
  if (phase == Phase::running || phase == Phase::done) return true;
  return phase != Phase::failed && instance.want == "down";
}

std::string exit_clause(const control::LastExitView& exit) {
  std::string text;
  switch (exit.kind) {
    case EndKind::none: return {};
    case EndKind::code: text = "exited with " + std::to_string(exit.value); break;
    case EndKind::signal:
      text = exit.oom ? "killed by the kernel for want of memory"
                      : "killed by " + signal_name(exit.value);
      break;
    case EndKind::unknown: text = "ended, nobody saw how"; break;
  }
  if (exit.core) text.append(" (core dumped)");
  if (exit.ran_for.ns > 0) text.append(" after ").append(format_duration_short(exit.ran_for));
  return text;
}

std::string phase_clause(const InstanceView& instance, WallTime now) {
  const auto phase = phase_of(instance.phase);
  if (!phase) return "is " + printable(instance.phase);
  const auto for_how_long = instance.since.ns == 0 ? "" : " for " + age(instance.since, now);
  switch (*phase) {
    case Phase::stopped: return "is stopped";
    case Phase::waiting: return "is waiting";
    case Phase::preparing: return "is being started";
    case Phase::starting: return "is starting" + for_how_long + ", not ready yet";
    case Phase::running: return "is running" + for_how_long;
    case Phase::stopping: return stopping_clause(instance, now);
    case Phase::cleaning: return "has ended, what it left behind is being killed";
    case Phase::backoff: return backoff_clause(instance, now);
    case Phase::failed: return "has failed";
    case Phase::done: return "is done";
  }
  return {};
}

std::string reason_clause(const InstanceView& instance) {
  if (const auto reason = reason_of(instance.reason)) {
    const bool was_killed = instance.stop_timed_out && phase_of(instance.phase) == Phase::stopped;
    return clause_of(*reason, instance) +
           (was_killed ? "; it did not end within its stop-timeout and was killed" : "");
  }
  std::string text = printable(instance.reason);
  std::ranges::replace(text, '_', ' ');
  if (!instance.cause.empty()) text.append(" (").append(instance.cause).append(")");
  return text;
}

std::string reason_with_line(const InstanceView& instance) {
  auto text = reason_clause(instance);
  const auto reason = reason_of(instance.reason);
  if (instance.last_exit.line.empty() || !reason || !speaks_of_exit(*reason)) return text;
  return text + ": \"" + printable(instance.last_exit.line, most_line_bytes) + "\"";
}

std::string orphans_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " orphan reaped" : " orphans reaped");
}

std::string ordinal(std::uint64_t number) {
  const auto last = number % 10;
  const bool is_teen = number / 10 % 10 == 1;
  const char* ending = "th";
  if (!is_teen && last == 1) ending = "st";
  if (!is_teen && last == 2) ending = "nd";
  if (!is_teen && last == 3) ending = "rd";
  return std::to_string(number) + ending;
}

std::string age(WallTime then, WallTime now) {
  if (then.ns == 0 || now.ns == 0) return "-";
  return format_duration_short({std::max<std::int64_t>(0, now.ns - then.ns)});
}

}  // namespace stayd::app
