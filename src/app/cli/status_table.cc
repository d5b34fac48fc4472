// SPDX-License-Identifier: Apache-2.0
#include "app/cli/status_table.h"

#include <algorithm>
#include <array>

#include "app/cli/describe.h"
#include "base/text.h"

namespace stayd::app {
namespace {

using control::InstanceView;
using core::Phase;

enum Column : std::uint8_t { service, state, health, since, pid, restarts, memory, cpu, note };
constexpr std::size_t column_count = 9;
using Row = std::array<std::string, column_count>;

struct Heading {
  std::string_view text;
  std::size_t least_width;
};
constexpr std::array<Heading, column_count> headings{{{"SERVICE", 8},
                                                      {"STATE", 9},
                                                      {"HEALTH", 7},
                                                      {"SINCE", 7},
                                                      {"PID", 5},
                                                      {"RESTARTS", 8},
                                                      {"MEM", 6},
                                                      {"CPU", 6},
                                                      {"", 0}}};
constexpr std::size_t gap = 2;

struct Mark {
  std::string_view unicode;
  std::string_view ascii;
  std::string_view colour;
};
constexpr Mark up_mark{"●", "*", "\x1b[32m"};
constexpr Mark pending_mark{"◌", "~", "\x1b[33m"};
constexpr Mark failed_mark{"✗", "x", "\x1b[31m"};
constexpr Mark done_mark{"✓", "+", "\x1b[32m"};
constexpr Mark stopped_mark{"○", "o", "\x1b[2m"};

const Mark& mark_of(const InstanceView& instance) {
  switch (phase_of(instance.phase).value_or(Phase::waiting)) {
    case Phase::running: return up_mark;
    case Phase::failed: return failed_mark;
    case Phase::done: return done_mark;
    case Phase::stopped: return stopped_mark;
    case Phase::waiting:
    case Phase::preparing:
    case Phase::starting:
    case Phase::stopping:
    case Phase::cleaning:
    case Phase::backoff: return pending_mark;
  }
  return pending_mark;
}

/// What is worth saying behind the numbers.
std::string note_of(const InstanceView& instance, WallTime now) {
  if (instance.suspended) return "stopped by a signal (SIGSTOP)";
  if (!instance.trouble.empty()) return "log: " + printable(instance.trouble);
  switch (phase_of(instance.phase).value_or(Phase::waiting)) {
    case Phase::waiting:
    case Phase::backoff:
    case Phase::failed: return reason_with_line(instance);
    case Phase::stopping:
      return instance.kill_at.ns == 0 ? "" : "killed in " + age(now, instance.kill_at);
    case Phase::preparing:
    case Phase::starting:
    case Phase::running:
    case Phase::stopped:
    case Phase::cleaning:
    case Phase::done: return printable(instance.status_text);
  }
  return {};
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

Row row_of(const InstanceView& instance, WallTime now) {
  Row row;
  row[service] = printable(instance.instance);
  row[state] = printable(instance.phase);
  row[health] = or_dash(instance.health);
  row[since] = age(instance.since, now);
  row[pid] = instance.pid == 0 ? "-" : std::to_string(instance.pid);
  row[restarts] = std::to_string(instance.restarts);
  row[memory] = memory_cell(instance.usage);
  row[cpu] = cpu_cell(instance, now);
  row[note] = note_of(instance, now);
  return row;
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out.append(text);
  const auto used = display_width(text);
  if (used < width) out.append(width - used, ' ');
}

using Widths = std::array<std::size_t, column_count>;

/// Everything of a row behind its mark.
std::string cells(const Row& row, const Widths& widths, std::string_view colour,
                  std::string_view end) {
  std::string text;
  for (std::size_t i = 0; i < column_count; ++i) {
    if (i == state) text.append(colour);
    append_padded(text, row[i], i == note ? 0 : widths[i] + gap);
    if (i == state) text.append(end);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Widths widths_of(const std::vector<Row>& rows) {
  Widths widths{};
  for (std::size_t i = 0; i < column_count; ++i) {
    widths[i] = std::max(headings[i].least_width, headings[i].text.size());
    for (const Row& row : rows) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  return widths;
}

void append_line(std::string& out, std::string_view line, const Style& style) {
  out.append(style.width == 0 ? line : std::string_view(cut_to_width(line, style.width, style)));
  out.push_back('\n');
}

/// "41 MiB" of "41M", for the head line.
std::string memory_total(std::uint64_t bytes) {
  std::string text = format_size_short(bytes);
  const char unit = text.back();
  if (unit >= '0' && unit <= '9') return text + " B";
  text.pop_back();
  return text + " " + unit + "iB";
}

/// Ten-thousandths of a processor over the run's life, as ps(1) counts.
std::int64_t cpu_share(const InstanceView& instance, WallTime now) {
  // While it stops, `since` is of the stopping.
  const auto begin = instance.ready_since.ns == 0
                         ? instance.since.ns
                         : std::min(instance.since.ns, instance.ready_since.ns);
  if (!instance.usage.known || begin == 0 || now.ns <= begin) return 0;
  const auto milliseconds_alive = std::max<std::int64_t>(1, (now.ns - begin) / 1'000'000);
  return instance.usage.cpu.ns / 1'000'000 * 10'000 / milliseconds_alive;
}

/// "0.4" of 40 ten-thousandths.
std::string percent(std::int64_t share) {
  const auto tenths = (share + 5) / 10;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string head_line(const StatusTable& table) {
  const auto& supervisor = *table.supervisor;
  const std::string_view dot = table.style.unicode ? " · " : " - ";
  std::uint64_t bytes = 0;
  std::int64_t share = 0;
  std::size_t as_wanted = 0;
  bool known = false;
  for (const auto& instance : table.instances) {
    as_wanted += is_as_wanted(instance) ? 1U : 0U;
    known = known || instance.usage.known;
    bytes += instance.usage.memory;
    share += cpu_share(instance, table.now);
  }
  std::string line = "stayd";
  line.append(dot).append(printable(supervisor.title));
  line.append(dot).append("up ").append(age(supervisor.since, table.now));
  line.append(dot).append(std::to_string(as_wanted)).append(" of ");
  line.append(std::to_string(table.instances.size())).append(" up");
  if (known) line.append(dot).append(memory_total(bytes));
  if (known) line.append(dot).append(percent(share)).append(" % cpu");
  if (!supervisor.shutdown.empty()) line.append(dot).append("going down");
  if (!supervisor.trouble.empty()) line.append(dot).append(printable(supervisor.trouble));
  return line;
}

}  // namespace

std::string memory_cell(const control::UsageView& usage) {
  return usage.known ? format_size_short(usage.memory) : "-";
}

std::string cpu_cell(const InstanceView& instance, WallTime now) {
  return instance.usage.known ? percent(cpu_share(instance, now)) + "%" : "-";
}

std::string_view phase_colour(const InstanceView& instance, const Style& style) {
  return style.colours ? mark_of(instance).colour : std::string_view();
}

std::string_view end_of_colour(const Style& style) {
  return style.colours ? std::string_view("\x1b[0m") : std::string_view();
}

std::string phase_mark(const InstanceView& instance, const Style& style) {
  const Mark& mark = mark_of(instance);
  std::string text(phase_colour(instance, style));
  text.append(style.unicode ? mark.unicode : mark.ascii).append(end_of_colour(style));
  return text;
}

std::string render_status(const StatusTable& table) {
  std::vector<Row> rows;
  rows.reserve(table.instances.size());
  for (const auto& instance : table.instances) rows.push_back(row_of(instance, table.now));
  const Widths widths = widths_of(rows);
  std::string out;
  out.reserve(rows.size() * 96 + 256);
  append_line(out, head_line(table), table.style);
  Row heading;
  for (std::size_t i = 0; i < column_count; ++i) heading[i] = headings[i].text;
  append_line(out, "  " + cells(heading, widths, {}, {}), table.style);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& instance = table.instances[i];
    const auto colour = phase_colour(instance, table.style);
    append_line(out,
                phase_mark(instance, table.style) + " " +
                    cells(rows[i], widths, colour, end_of_colour(table.style)),
                table.style);
  }
  return out;
}

}  // namespace stayd::app
