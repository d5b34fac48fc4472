// SPDX-License-Identifier: Apache-2.0
#include "app/cli/status_detail.h"

#include "app/cli/describe.h"
#include "app/cli/status_table.h"
#include "base/text.h"

namespace stayd::app {
namespace {

using control::InstanceView;

constexpr std::size_t label_width = 11;

class Detail {
 public:
  explicit Detail(const StatusDetail& detail) : detail_(detail), view_(*detail.instance) {}

  std::string render() {
    head();
    row("why", reason_with_line(view_));
    row("says", printable(view_.status_text));
    row("process", process_text());
    row("usage", usage_text());
    row("last exit", last_exit_text());
    row("log", log_text());
    row("cgroup", cgroup_text());
    processes();
    log_lines();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    const auto& style = detail_.style;
    out_.append(style.width == 0 ? std::string(text) : cut_to_width(text, style.width, style));
    out_.push_back('\n');
  }

  void row(std::string_view label, const std::string& text) {
    if (text.empty()) return;
    std::string begin = "  " + std::string(label);
    begin.resize(label_width + 2, ' ');
    line(begin + text);
  }

  [[nodiscard]] std::string_view dot() const { return detail_.style.unicode ? " · " : " - "; }

  void head() {
    std::string text = phase_mark(view_, detail_.style) + " " + printable(view_.instance);
    text.append(" ").append(phase_colour(view_, detail_.style));
    text.append(phase_clause(view_, detail_.now)).append(end_of_colour(detail_.style));
    if (!view_.health.empty()) text.append(dot()).append("health ").append(view_.health);
    text.append(dot()).append(printable(detail_.supervisor->title));
    line(text);
  }

  [[nodiscard]] std::string process_text() const {
    std::string text;
    if (view_.pid != 0) text.append("pid ").append(std::to_string(view_.pid)).append(", ");
    if (view_.run == 0) return "never started";
    text.append("run ").append(std::to_string(view_.run)).append(", ");
    text.append(std::to_string(view_.restarts));
    text.append(view_.restarts == 1 ? " restart" : " restarts");
    if (view_.orphans != 0) text.append(", ").append(orphans_text(view_.orphans));
    if (view_.suspended) text.append(", stopped by a signal (SIGSTOP)");
    return text;
  }

  [[nodiscard]] std::string usage_text() const {
    const auto& usage = view_.usage;
    if (!usage.known) return {};
    std::string text = memory_cell(usage) + " memory, " + cpu_cell(view_, detail_.now) + " cpu, ";
    text.append(std::to_string(usage.processes));
    return text.append(usage.processes == 1 ? " process" : " processes");
  }

  [[nodiscard]] std::string last_exit_text() const {
    auto text = exit_clause(view_.last_exit);
    if (text.empty()) return text;
    if (view_.last_exit.at.ns != 0) {
      text.append(", ").append(age(view_.last_exit.at, detail_.now)).append(" ago");
    }
    return text.append(" (run ").append(std::to_string(view_.last_exit.run)).append(")");
  }

  [[nodiscard]] std::string log_text() const {
    auto text = printable(detail_.log_folder);
    if (view_.log_bytes != 0) text.append(", ").append(format_size_short(view_.log_bytes));
    if (!view_.trouble.empty()) text.append(", ").append(printable(view_.trouble));
    return text;
  }

  [[nodiscard]] std::string cgroup_text() const {
    if (view_.cgroup.empty()) return {};
    return printable(detail_.supervisor->cgroup) + "/" + printable(view_.cgroup);
  }

  void processes() {
    if (detail_.processes.empty()) return;
    line("");
    out_.append(draw_processes(detail_.processes, "  ", detail_.style));
    if (detail_.more_processes != 0) {
      line("  and " + std::to_string(detail_.more_processes) + " more");
    }
  }

  void log_lines() {
    if (detail_.log.empty()) return;
    line("");
    for (const auto& text : detail_.log) line("  " + printable(text));
  }

  const StatusDetail& detail_;
  const InstanceView& view_;
  std::string out_;
};

}  // namespace

std::string render_detail(const StatusDetail& detail) { return Detail(detail).render(); }

}  // namespace stayd::app
