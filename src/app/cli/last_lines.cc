// SPDX-License-Identifier: Apache-2.0
#include "app/cli/last_lines.h"

#include <algorithm>
#include <utility>

#include "app/cli/log_merge.h"
#include "journal/segment_names.h"
#include "journal/shown_text.h"

namespace stayd::app {
namespace {

constexpr std::size_t most_line_bytes = 4096;
constexpr std::size_t most_looked_at = 64;

/// The last state that a terminal would show of it.
std::string shown(std::string_view line) {
  line = line.substr(0, line.find_last_not_of('\r') + 1);
  line.remove_prefix(line.rfind('\r') + 1);
  std::string text;
  journal::append_shown(text, line.substr(0, most_line_bytes), journal::Colours::removed);
  return text;
}

/// Lines that say something, the last one first.
std::vector<std::string> lines_behind(const std::string& log_dir, std::string_view instance,
                                      const WantedLogs& wanted) {
  if (log_dir.empty() || !journal::is_instance_name(instance)) return {};
  const std::string name(instance);
  LogMerge merge(wanted);
  if (!merge.add(log_dir + "/" + name, name)) return {};
  merge.begin_behind();
  std::vector<std::string> lines;
  for (std::size_t looked = 0; looked < most_looked_at && lines.size() < wanted.lines; ++looked) {
    const auto given = merge.take();
    if (!given) break;
    std::string text = given->line.is_notice() ? "" : shown(given->line.text);
    if (!text.empty()) lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace

std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    std::size_t count) {
  WantedLogs wanted;
  wanted.lines = count;
  auto lines = lines_behind(log_dir, instance, wanted);
  std::ranges::reverse(lines);
  return lines;
}

std::string last_words(const std::string& log_dir, const control::InstanceView& instance) {
  WantedLogs wanted;
  wanted.lines = 1;
  wanted.run = RunId{instance.last_exit.run};
  if (wanted.run == no_run) return {};
  for (const auto kind : {journal::LogKind::err, journal::LogKind::out}) {
    wanted.stream = kind;
    auto lines = lines_behind(log_dir, instance.instance, wanted);
    if (!lines.empty()) return std::move(lines.front());
  }
  return {};
}

}  // namespace stayd::app
