// SPDX-License-Identifier: Apache-2.0
// The process table as /proc shows it (proc(5)).
#include <dirent.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/text.h"
#include "os/error.h"
#include "os/proc_files.h"
#include "os/process.h"

namespace stayd::os {
namespace {

/// The space-separated fields of /proc/PID/stat behind the name, which is the second and may hold
/// spaces and parentheses itself. Numbered as in proc(5).
class StatFields {
 public:
  explicit StatFields(std::string_view behind_name) {
    for (std::size_t n = 0; n < fields_.size() && !behind_name.empty(); ++n) {
      const std::size_t end = behind_name.find_first_of(" \n");
      fields_[n] = behind_name.substr(0, end);
      behind_name.remove_prefix(end == std::string_view::npos ? behind_name.size() : end + 1);
    }
  }
  [[nodiscard]] std::string_view text(std::size_t number) const { return fields_[number - 3]; }
  [[nodiscard]] std::uint64_t number(std::size_t field) const {
    return leading_number(text(field));
  }
  [[nodiscard]] std::int32_t pid(std::size_t field) const {
    return static_cast<std::int32_t>(number(field));
  }

 private:
  std::array<std::string_view, 22> fields_;  ///< 3 to 24
};

std::uint64_t cpu_ns_of(const StatFields& fields) {
  const auto ticks_a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return (fields.number(14) + fields.number(15)) * (1'000'000'000 / ticks_a_second);
}

}  // namespace

Result<ProcessInfo> process_info(std::int32_t pid) {
  const std::string stat = TRY(read_proc_file(pid, "stat", 4096));
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 > stat.size())
    return failure("/proc/" + std::to_string(pid) + "/stat is not of the known form");
  const StatFields fields(std::string_view(stat).substr(close + 2));
  const std::string_view state = fields.text(3);
  return ProcessInfo{
      .pid = static_cast<std::int32_t>(leading_number(stat)),
      .parent = fields.pid(4),
      .group = fields.pid(5),
      .session = fields.pid(6),
      .state = state.empty() ? '?' : state[0],
      .start_ticks = fields.number(22),
      .cpu_ns = cpu_ns_of(fields),
      .resident_bytes = fields.number(24) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
      .has_memory = fields.number(23) != 0,
      .name = stat.substr(open + 1, close - open - 1)};
}

std::vector<ProcessInfo> all_processes() { return list_processes().found; }

ProcessList list_processes() {
  ProcessList list;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), closedir);
  if (!folder) return list;
  while (const dirent* entry = readdir(folder.get())) {
    const auto pid = static_cast<std::int32_t>(leading_number(entry->d_name));
    if (pid == 0) continue;
    if (Result<ProcessInfo> info = process_info(pid))
      list.found.push_back(std::move(*info));
    else
      ++list.vanished;
  }
  return list;
}

std::optional<std::string> environment_value(std::int32_t pid, std::string_view name) {
  constexpr std::size_t most = 4u << 20;  // more than any kernel takes at exec (execve(2): limits)
  const Result<std::string> block = read_proc_file(pid, "environ", most);
  if (!block) return std::nullopt;
  std::string_view rest = *block;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return std::string(entry.substr(name.size() + 1));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
  }
  return std::nullopt;
}

Result<std::string> cgroup_of(std::int32_t pid) {
  const std::string content = TRY(read_proc_file(pid, "cgroup"));
  std::string_view rest = content;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with("0::")) return std::string(line.substr(3));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return failure("process " + std::to_string(pid) + " is in no cgroup of version 2");
}

std::string command_line(std::int32_t pid, std::size_t most_bytes) {
  std::string words = read_proc_file(pid, "cmdline", most_bytes).value_or(std::string());
  while (!words.empty() && words.back() == '\0') words.pop_back();
  for (char& c : words)
    if (c == '\0') c = ' ';
  return words;
}

}  // namespace stayd::os
