// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_line.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "app/cli/describe.h"
#include "app/cli/log_time.h"
#include "app/cli/status_table.h"
#include "base/text.h"
#include "control/names.h"

namespace stayd::app {
namespace {

constexpr std::size_t word_width = 12;
constexpr std::string_view red = "\x1b[31m", green = "\x1b[32m", yellow = "\x1b[33m",
                           bright = "\x1b[1m";

/// The event's state as Status would tell of it, for the same words.
control::InstanceView view_of(const EventRecord& event) {
  control::InstanceView view;
  view.service = control::service_of(event.instance);
  view.instance = event.instance;
  view.phase = event.to;
  view.reason = event.reason;
  view.cause = event.cause;
  view.operator_uid = event.operator_uid;
  view.operator_pid = static_cast<std::int32_t>(event.operator_pid);
  return view;
}

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// What happened, in a word.
std::string_view word_of(const EventRecord& event) {
  if (event.kind == "phase") return event.to;
  if (event.kind == "start-failed") return "failed start";
  if (event.kind == "supervisor-started") return "started";
  if (event.kind == "supervisor-ended") return "ended";
  if (event.kind == "log-writer-ended") return "log writer";
  return event.kind;
}

std::string_view colour_of(const EventRecord& event) {
  constexpr std::array<std::string_view, 7> bad{
      "failed", "failed start", "refused", "left-out", "log-trouble", "log writer", "exited"};
  constexpr std::array<std::string_view, 4> good{"started", "ready", "running", "done"};
  constexpr std::array<std::string_view, 4> marked{"command", "signal", "took-over", "ended"};
  const std::string_view word = word_of(event);
  if (event.kind == "exited" && ended_well(event)) return "";
  if (contains(bad, word)) return red;
  if (event.instance.empty() && word == "started") return bright;
  if (contains(good, word)) return green;
  if (word == "backoff" || word == "stopping") return yellow;
  return contains(marked, word) ? bright : "";
}

/// The sentence without the name in front, which has a column of its own.
std::string sentence_of(const EventRecord& event) {
  std::string_view text = event.text;
  const std::string front = event.instance + " ";
  if (!event.instance.empty() && text.starts_with(front)) text.remove_prefix(front.size());
  return printable(text);
}

std::string command_text(const EventRecord& event) {
  std::string text = event.verb;
  for (const std::string& name : event.names) text.append(" ").append(name);
  text += ", by " + format_user(event.operator_uid) + " (pid " +
          std::to_string(event.operator_pid) + ")";
  if (event.kind == "refused") text += ": it takes " + event.right + " rights";
  return printable(text);
}

std::string phase_text(const EventRecord& event) {
  auto sentence = sentence_of(event);
  if (sentence.empty() || sentence == event.to) sentence = printable(reason_clause(view_of(event)));
  return sentence;
}

std::string text_of(const EventRecord& event) {
  if (event.kind == "phase") return phase_text(event);
  if (event.kind == "started") {
    const std::string ready = event.to == "running" ? "" : ", not ready yet";
    return "pid " + std::to_string(event.pid) + ", " + printable(start_clause(event)) + ready;
  }
  if (event.kind == "ready" && event.ready_after)
    return "after " + format_duration_short(*event.ready_after);
  if (event.kind == "exited") {
    const auto reason = reason_of(event.reason);
    const bool by_itself = !reason || *reason == core::Reason::exited;
    const std::string why = by_itself ? "" : ": " + reason_clause(view_of(event));
    return end_clause(event) + printable(why);
  }
  if (event.kind == "command" || event.kind == "refused") return command_text(event);
  if (event.kind == "output" && event.bytes)
    return std::to_string(*event.bytes) + " bytes in its log";
  return sentence_of(event);
}

void append_padded(std::string& line, std::string_view text, std::size_t width) {
  line += text;
  const std::size_t taken = display_width(text);
  line.append(2 + width - std::min(width, taken), ' ');
}

}  // namespace

std::string start_clause(const EventRecord& started) {
  const auto reason = reason_of(started.reason);
  if (!reason) return started.reason;
  switch (*reason) {
    case core::Reason::boot: return "with the supervisor";
    case core::Reason::operator_start:
    case core::Reason::operator_kill: return "by " + format_user(started.operator_uid);
    case core::Reason::operator_restart: return "restarted by " + format_user(started.operator_uid);
    case core::Reason::needed_by: return "because " + started.cause + " needs it";
    case core::Reason::on_failure_of: return "because " + started.cause + " failed";
    case core::Reason::requirement_back: return "because " + started.cause + " is back";
    case core::Reason::part_of:
    case core::Reason::conflict: return "because of " + started.cause;
    case core::Reason::exited:
    case core::Reason::restart_delay:
    case core::Reason::ready_timeout:
    case core::Reason::spawn_failed:
    case core::Reason::resource_retry:
    case core::Reason::stop_escalated: return "again";
    case core::Reason::none:
    case core::Reason::operator_stop:
    case core::Reason::requirement_waiting:
    case core::Reason::requirement_failed:
    case core::Reason::requirement_stopped:
    case core::Reason::start_slots:
    case core::Reason::became_ready:
    case core::Reason::restart_limit:
    case core::Reason::never_restart_code:
    case core::Reason::policy_no_restart:
    case core::Reason::task_done:
    case core::Reason::shutdown: return core::word(*reason);
  }
  return started.reason;
}

bool ended_well(const EventRecord& exited) {
  const auto reason = reason_of(exited.reason);
  if (reason == core::Reason::ready_timeout || reason == core::Reason::stop_escalated) return false;
  return exited.code == 0 || (reason && *reason != core::Reason::exited);
}

std::string end_clause(const EventRecord& exited) {
  control::LastExitView exit{.kind = control::EndKind::unknown};
  if (exited.code)
    exit = {.kind = control::EndKind::code, .value = static_cast<std::int32_t>(*exited.code)};
  if (exited.signal)
    exit = {.kind = control::EndKind::signal, .value = static_cast<std::int32_t>(*exited.signal)};
  exit.core = exited.core;
  exit.oom = exited.oom;
  exit.ran_for = exited.ran_for.value_or(Duration{});
  return exit_clause(exit);
}

std::string event_line(const EventRecord& event, std::size_t name_width, const Style& style) {
  std::string line = format_local(event.at, LocalTime::brief) + "  ";
  append_padded(line, event.instance.empty() ? "@stayd" : printable(event.instance), name_width);
  const std::string_view colour = style.colours ? colour_of(event) : "";
  line += colour;
  append_padded(line, printable(word_of(event)), word_width);
  if (!colour.empty()) line += end_of_colour(style);
  line += text_of(event);
  while (line.ends_with(' ')) line.pop_back();
  if (style.width > 0) line = cut_to_width(line, style.width, style);
  return line + "\n";
}

}  // namespace stayd::app
