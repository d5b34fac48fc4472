// SPDX-License-Identifier: Apache-2.0
#include "app/cli/status_table.h"

#include <algorithm>
#include <array>
#include <span>

#include "app/cli/describe.h"
#include "base/text.h"

namespace stayd::app {
namespace {

using control::InstanceView;
using core::Phase;

enum Column : std::uint8_t { service, state, health, since, pid, restarts, memory, cpu, note };
constexpr std::size_t column_count = note + 1;

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

/// What stands in the table, cell by cell, all of it in one text.
class Cells {
 public:
  /// With the heading, in a table of `rows` in all.
  void begin(std::size_t rows) {
    constexpr std::size_t usual_row_bytes = 48;
    cells_.reserve(rows * column_count);
    text_.reserve(rows * usual_row_bytes);
    for (const Heading& heading : headings) {
      widths_[cells_.size()] = heading.least_width;
      add(heading.text);
    }
  }

  void add(std::string_view text) {
    std::size_t& widest = widths_[cells_.size() % column_count];
    const std::size_t width = display_width(text);
    widest = std::max(widest, width);
    cells_.push_back({text_.size(), width});
    text_.append(text);
  }

  /// Everything of a row behind its mark, where row 0 is the heading; `colour` is the state's.
  void append_row(std::string& line, std::size_t row, std::string_view colour,
                  std::string_view end) const {
    for (std::size_t i = 0; i < column_count; ++i) {
      const Cell& cell = cells_[row * column_count + i];
      if (i == state) line.append(colour);
      line.append(text_of(row * column_count + i));
      if (i != note) line.append(widths_[i] + gap - cell.width, ' ');
      if (i == state) line.append(end);
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }

 private:
  struct Cell {
    std::size_t begin;  ///< in text_
    std::size_t width;
  };
  [[nodiscard]] std::string_view text_of(std::size_t index) const {
    const std::size_t begin = cells_[index].begin;
    const std::size_t end = index + 1 == cells_.size() ? text_.size() : cells_[index + 1].begin;
    return std::string_view(text_).substr(begin, end - begin);
  }

  std::string text_;
  std::vector<Cell> cells_;
  std::array<std::size_t, column_count> widths_{};
};

/// In the order of the columns.
void add_row(Cells& cells, const InstanceView& instance, WallTime now) {
  cells.add(printable(instance.instance));
  cells.add(printable(instance.phase));
  cells.add(or_dash(instance.health));
  cells.add(age(instance.since, now));
  cells.add(instance.pid == 0 ? "-" : std::to_string(instance.pid));
  cells.add(std::to_string(instance.restarts));
  cells.add(memory_cell(instance.usage));
  cells.add(cpu_cell(instance, now));
  cells.add(note_of(instance, now));
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

/// "3 of 6 up, 1 done, 1 stopped": what is not counted is on its way, or in trouble.
std::string counts_text(std::span<const InstanceView> instances) {
  const auto count_of = [&](Phase phase) {
    return std::ranges::count_if(
        instances, [&](const InstanceView& instance) { return phase_of(instance.phase) == phase; });
  };
  std::string text = std::to_string(count_of(Phase::running));
  text.append(" of ").append(std::to_string(instances.size())).append(" up");
  for (const Phase phase : {Phase::done, Phase::stopped, Phase::failed}) {
    const auto count = count_of(phase);
    if (count != 0)
      text.append(", ").append(std::to_string(count)).append(" ").append(core::word(phase));
  }
  return text;
}

std::string head_line(const StatusTable& table) {
  const auto& supervisor = *table.supervisor;
  const std::string_view dot = table.style.unicode ? " · " : " - ";
  std::uint64_t bytes = 0;
  std::int64_t share = 0;
  bool known = false;
  for (const auto& instance : table.instances) {
    known = known || instance.usage.known;
    bytes += instance.usage.memory;
    share += cpu_share(instance, table.now);
  }
  std::string line = "stayd";
  line.append(dot).append(printable(supervisor.title));
  line.append(dot).append("up ").append(age(supervisor.since, table.now));
  line.append(dot).append(counts_text(table.instances));
  if (known) line.append(dot).append(memory_total(bytes));
  if (known) line.append(dot).append(percent(share)).append(" % cpu");
  if (!supervisor.shutdown.empty()) line.append(dot).append("going down");
  if (supervisor.orphans != 0)
    line.append(dot).append(orphans_text(supervisor.orphans)).append(" of no service");
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
  Cells cells;
  cells.begin(table.instances.size() + 1);
  for (const auto& instance : table.instances) add_row(cells, instance, table.now);
  std::string out;
  out.reserve(table.instances.size() * 96 + 256);
  append_line(out, head_line(table), table.style);
  std::string line = "  ";
  cells.append_row(line, 0, {}, {});
  append_line(out, line, table.style);
  for (std::size_t i = 0; i < table.instances.size(); ++i) {
    const auto& instance = table.instances[i];
    line = phase_mark(instance, table.style) + " ";
    cells.append_row(line, i + 1, phase_colour(instance, table.style), end_of_colour(table.style));
    append_line(out, line, table.style);
  }
  return out;
}

}  // namespace stayd::app
