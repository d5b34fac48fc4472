// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "os/cgroup.h"
#include "os/files.h"

namespace stayd::app {
namespace {

using control::InstanceView;
using control::SupervisorView;
using os::ProcessInfo;

constexpr std::size_t most_file_bytes = 4096;

std::string cgroup_path(const SupervisorView& supervisor, const InstanceView& instance) {
  if (supervisor.cgroup.empty() || instance.cgroup.empty()) return {};
  return std::string(supervisor.cgroup).append("/").append(instance.cgroup);
}

/// memory.current; none where the controller is not enabled.
std::optional<std::uint64_t> memory_of_cgroup(const std::string& path) {
  auto text = os::read_file(path + "/memory.current", most_file_bytes);
  if (!text) return std::nullopt;
  while (text->ends_with('\n')) text->pop_back();
  const auto bytes = parse_integer(*text, 0, INT64_MAX);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

/// Of a service whose main process has ended: looking for what is left costs more than to ask.
bool has_processes(const std::string& cgroup) {
  const auto events = os::read_file(cgroup + "/cgroup.events", most_file_bytes);
  return events && events->contains("populated 1");
}

control::UsageView usage_of(const std::vector<ProcessInfo>& processes) {
  control::UsageView usage{.known = !processes.empty()};
  for (const ProcessInfo& process : processes) {
    usage.memory += process.resident_bytes;
    usage.cpu.ns += static_cast<std::int64_t>(process.cpu_ns);
    ++usage.processes;
  }
  return usage;
}

}  // namespace

std::vector<ProcessInfo> descendants(const std::vector<ProcessInfo>& all, std::int32_t root) {
  std::vector<ProcessInfo> found;
  for (const auto& process : all) {
    if (process.pid == root) found.push_back(process);
  }
  for (std::size_t next = 0; next < found.size() && found.size() <= all.size(); ++next) {
    const auto parent = found[next].pid;
    for (const auto& process : all) {
      if (process.parent == parent) found.push_back(process);
    }
  }
  return found;
}

std::vector<ProcessInfo> ProcessFinder::find(const InstanceView& instance) {
  std::vector<ProcessInfo> found;
  if (const auto path = cgroup_path(supervisor_, instance); !path.empty()) {
    const auto cgroup = os::Cgroup::open(path);
    if (cgroup) {
      for (const auto pid : cgroup->processes()) {
        if (auto info = os::process_info(pid)) found.push_back(std::move(*info));
      }
    }
    if (!found.empty()) return found;
  }
  if (instance.pid == 0) return found;
  // Ended since: nothing is to be found by looking at every process.
  if (const auto main = os::process_info(instance.pid); !main || main->state == 'Z') return found;
  if (all_.empty()) all_ = os::all_processes();
  return descendants(all_, instance.pid);
}

void fill_usage(const SupervisorView& supervisor, std::span<InstanceView> instances) {
  ProcessFinder finder(supervisor);
  for (InstanceView& instance : instances) {
    if (instance.usage.known) continue;
    const auto path = cgroup_path(supervisor, instance);
    if (instance.pid == 0 && (path.empty() || !has_processes(path))) continue;
    instance.usage = usage_of(finder.find(instance));
    if (!instance.usage.known || path.empty()) continue;
    if (const auto memory = memory_of_cgroup(path)) instance.usage.memory = *memory;
  }
}

}  // namespace stayd::app
