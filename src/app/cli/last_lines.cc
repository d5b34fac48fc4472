// SPDX-License-Identifier: Apache-2.0
#include "app/cli/last_lines.h"

#include <algorithm>

#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::app {
namespace {

constexpr std::uint64_t looked_at = 64U << 10U;
constexpr std::size_t most_line_bytes = 4096;

}  // namespace

std::vector<std::string> lines_at_end(std::string_view text, std::size_t count) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < count) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const auto before = text.rfind('\n');
    auto line = before == std::string_view::npos ? text : text.substr(before + 1);
    text = before == std::string_view::npos ? std::string_view() : text.substr(0, before + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line.substr(0, most_line_bytes));
  }
  std::ranges::reverse(lines);
  return lines;
}

std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    journal::LogKind kind, std::size_t count, WallTime since) {
  if (log_dir.empty() || !journal::is_instance_name(instance)) return {};
  const auto folder = os::open_folder(log_dir);
  if (!folder) return {};
  const auto path = std::string(instance) + "/" + journal::current_text_name(kind);
  const auto file = os::open_beneath(folder->view(), path, os::OpenFor::read, 0);
  if (!file) return {};
  const auto status = os::status_of(file->view());
  if (!status || status->modified_ns < since.ns) return {};
  std::string text(std::min<std::uint64_t>(status->size, looked_at), '\0');
  const auto got = os::read_at(file->view(), status->size - text.size(), text);
  text.resize(got.bytes);
  return lines_at_end(text, count);
}

std::string last_words(const std::string& log_dir, const control::InstanceView& instance) {
  const auto& exit = instance.last_exit;
  if (exit.kind == control::EndKind::none) return {};
  const WallTime began{exit.at.ns - exit.ran_for.ns};
  for (const auto kind : {journal::LogKind::err, journal::LogKind::out}) {
    auto lines = last_lines(log_dir, instance.instance, kind, 1, began);
    if (!lines.empty()) return std::move(lines.front());
  }
  return {};
}

}  // namespace stayd::app
