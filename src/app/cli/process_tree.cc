// SPDX-License-Identifier: Apache-2.0
#include "app/cli/process_tree.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::app {
namespace {

struct Branches {
  std::string_view child, last_child, line, blank;
};
constexpr Branches unicode_branches{"├─ ", "└─ ", "│  ", "   "};
constexpr Branches ascii_branches{"|- ", "`- ", "|  ", "   "};

std::string_view state_text(char state) {
  switch (state) {
    case 'D': return " (cannot be interrupted)";
    case 'T':
    case 't': return " (stopped)";
    case 'Z': return " (ended, not reaped)";
    default: return {};
  }
}

class Drawing {
 public:
  Drawing(std::vector<DrawnProcess> processes, const Style& style)
      : processes_(std::move(processes)),
        style_(style),
        branches_(style.unicode ? unicode_branches : ascii_branches) {
    std::ranges::sort(processes_, {}, &DrawnProcess::pid);
  }

  std::string draw(std::string_view indent) {
    for (const auto& process : processes_) {
      if (find(process.parent)) continue;
      line(process, std::string(indent));
      below(process, std::string(indent));
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool find(std::int32_t pid) const {
    return std::ranges::binary_search(processes_, pid, {}, &DrawnProcess::pid);
  }

  void line(const DrawnProcess& process, const std::string& begin) {
    std::string text = begin + std::to_string(process.pid) + " " + printable(process.text);
    text.append(state_text(process.state));
    out_.append(style_.width == 0 ? text : cut_to_width(text, style_.width, style_)).append("\n");
  }

  void below(const DrawnProcess& parent, const std::string& begin) {
    std::vector<const DrawnProcess*> children;
    for (const auto& process : processes_) {
      if (process.parent == parent.pid && process.pid != parent.pid) children.push_back(&process);
    }
    for (const DrawnProcess* child : children) {
      const bool last = child == children.back();
      line(*child, begin + std::string(last ? branches_.last_child : branches_.child));
      below(*child, begin + std::string(last ? branches_.blank : branches_.line));
    }
  }

  std::vector<DrawnProcess> processes_;
  const Style& style_;
  const Branches& branches_;
  std::string out_;
};

}  // namespace

std::string draw_processes(const std::vector<DrawnProcess>& processes, std::string_view indent,
                           const Style& style) {
  return Drawing(processes, style).draw(indent);
}

}  // namespace stayd::app
