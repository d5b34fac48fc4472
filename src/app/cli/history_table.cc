// SPDX-License-Identifier: Apache-2.0
#include "app/cli/history_table.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "app/cli/describe.h"
#include "app/cli/event_line.h"
#include "app/cli/log_time.h"
#include "base/text.h"
#include "control/json_writer.h"

namespace stayd::app {
namespace {

enum Column : std::uint8_t { instance, run, started, ready, ran, cpu, peak, logged, why, end };
constexpr std::size_t column_count = 10;
constexpr std::size_t gap = 2;
using Row = std::array<std::string, column_count>;

constexpr std::array<std::string_view, column_count> headings{
    "INSTANCE", "RUN", "STARTED", "READY", "RAN", "CPU", "PEAK", "LOGGED", "WHY", "END"};

std::string cell(const std::optional<Duration>& span) {
  return span ? format_duration_short(*span) : "-";
}

std::string size_cell(const std::optional<std::uint64_t>& bytes) {
  return bytes ? format_size_short(*bytes) : "-";
}

std::string ready_cell(const PastRun& run) {
  return run.ready_at_once ? "at once" : cell(run.ready_after);
}

/// "exited with 1"; the time that it took has a column of its own.
std::string ended_text(const EventRecord& end) {
  EventRecord timeless = end;
  timeless.ran_for.reset();
  std::string text = end_clause(timeless);
  const auto reason = reason_of(end.reason);
  if (!reason || *reason == core::Reason::exited) return text;
  const control::InstanceView view{
      .reason = end.reason, .cause = end.cause, .operator_uid = end.operator_uid};
  return text + ": " + printable(reason_clause(view));
}

std::string end_cell(const PastRun& run, IsThere is_there) {
  switch (run.state) {
    case RunState::open: return is_there(run) ? "running" : "no end of it is recorded";
    case RunState::ended: return ended_text(run.end);
    case RunState::never_started: return printable(run.end.text);
    case RunState::lost: return "its supervisor ended before it";
  }
  return {};
}

std::string_view colour_of(const PastRun& run) {
  switch (run.state) {
    case RunState::open: return "\x1b[32m";
    case RunState::ended: return ended_well(run.end) ? "" : "\x1b[31m";
    case RunState::never_started:
    case RunState::lost: return "\x1b[31m";
  }
  return "";
}

Row row_of(const PastRun& past, IsThere is_there) {
  Row row;
  row[instance] = printable(past.instance());
  row[run] = std::to_string(past.run());
  row[started] = past.started().ns == 0 ? "-" : format_local(past.started(), LocalTime::brief);
  row[ready] = ready_cell(past);
  row[ran] = cell(past.end.ran_for);
  row[cpu] = cell(past.end.cpu);
  row[peak] = size_cell(past.end.peak_memory);
  row[logged] = size_cell(past.bytes);
  row[why] = past.start.at.ns == 0 ? "-" : printable(start_clause(past.start));
  row[end] = end_cell(past, is_there);
  return row;
}

std::string line_of(const Row& row, std::span<const std::size_t> widths, bool with_names,
                    std::string_view end_colour) {
  std::string line;
  for (std::size_t i = with_names ? 0 : 1; i < end; ++i) {
    line += row[i];
    line.append(widths[i] - display_width(row[i]) + gap, ' ');
  }
  if (end_colour.empty()) return line + row[end];
  return line.append(end_colour).append(row[end]).append("\x1b[0m");
}

void write_end(control::JsonWriter& json, const EventRecord& last) {
  json.time_field("ended", last.at);
  if (last.kind == "start-failed") {
    json.text_field("failure", last.text);
    return;
  }
  if (last.code) json.number_field("code", *last.code);
  if (last.signal) json.number_field("signal", *last.signal);
  if (!last.code && !last.signal) json.boolean_field("unknown", true);
  if (last.core) json.boolean_field("core", true);
  if (last.oom) json.boolean_field("oom", true);
  json.text_field("end_reason", last.reason);
  if (!last.cause.empty()) json.text_field("end_cause", last.cause);
  if (last.operator_uid >= 0) json.number_field("end_operator_uid", last.operator_uid);
  if (last.ran_for) json.seconds_field("ran_for", *last.ran_for);
  if (last.cpu) json.seconds_field("cpu_seconds", *last.cpu);
  if (last.peak_memory) json.unsigned_field("peak_memory", *last.peak_memory);
}

void write_run(control::JsonWriter& json, const PastRun& past) {
  json.begin_object();
  json.text_field("instance", past.instance());
  json.unsigned_field("run", past.run());
  if (past.start.pid != 0) json.number_field("pid", past.start.pid);
  if (past.started().ns != 0) json.time_field("started", past.started());
  if (!past.start.reason.empty()) json.text_field("start_reason", past.start.reason);
  if (!past.start.cause.empty()) json.text_field("start_cause", past.start.cause);
  if (past.start.operator_uid >= 0)
    json.number_field("start_operator_uid", past.start.operator_uid);
  if (past.ready_at_once) json.seconds_field("ready_after", {});
  if (past.ready_after) json.seconds_field("ready_after", *past.ready_after);
  if (past.end.at.ns != 0) write_end(json, past.end);
  if (past.state == RunState::lost) json.boolean_field("lost", true);
  if (past.bytes) json.unsigned_field("bytes", *past.bytes);
  json.end_object();
}

}  // namespace

std::string render_history(std::span<const PastRun> runs, IsThere is_there, const Style& style) {
  Row head;
  std::ranges::copy(headings, head.begin());
  std::vector<Row> rows{head};
  for (const PastRun& past : runs) rows.push_back(row_of(past, is_there));
  std::array<std::size_t, column_count> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < column_count; ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  const bool with_names = std::ranges::any_of(
      runs, [&](const PastRun& past) { return past.instance() != runs.front().instance(); });
  std::string table;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto colour = i == 0 || !style.colours ? std::string_view() : colour_of(runs[i - 1]);
    std::string line = line_of(rows[i], widths, with_names, colour);
    if (style.width > 0) line = cut_to_width(line, style.width, style);
    table += line + "\n";
  }
  return table;
}

std::string history_json(std::span<const PastRun> runs) {
  control::JsonWriter json;
  json.begin_object();
  json.unsigned_field("version", 1);
  json.key("runs");
  json.begin_array();
  for (const PastRun& past : runs) write_run(json, past);
  json.end_array();
  json.end_object();
  return json.take() + "\n";
}

}  // namespace stayd::app
