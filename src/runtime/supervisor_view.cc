// SPDX-License-Identifier: Apache-2.0
// What the control desk and its server need of the supervisor.
#include <algorithm>
#include <charconv>

#include "os/cgroup.h"
#include "os/process.h"
#include "runtime/supervisor.h"

namespace stayd::runtime {
namespace {

Duration cpu_of(const os::Cgroup& cgroup) {
  const auto text = cgroup.read("cpu.stat");
  constexpr std::string_view key = "usage_usec ";
  if (!text) return {};
  const auto at = text->find(key);
  if (at == std::string::npos) return {};
  std::int64_t value = 0;
  const char* begin = text->data() + at + key.size();
  std::from_chars(begin, text->data() + text->size(), value);
  return microseconds(value);
}

/// memory.current, where that controller is enabled; else what the processes have resident.
std::uint64_t memory_of(const os::Cgroup& cgroup, const std::vector<std::int32_t>& pids) {
  std::uint64_t bytes = 0;
  if (const auto text = cgroup.read("memory.current")) {
    std::from_chars(text->data(), text->data() + text->size(), bytes);
    return bytes;
  }
  for (const std::int32_t pid : pids)
    if (const auto info = os::process_info(pid)) bytes += info->resident_bytes;
  return bytes;
}

}  // namespace

control::SupervisorView Supervisor::supervisor_view() {
  control::SupervisorView view;
  view.pid = own_pid_;
  view.keeper = keeper_pid_;
  view.log_writer = logs_.writer_pid();
  view.generation = base_.generation;
  view.name = base_.settings.name;
  view.title = base_.settings.title;
  view.version = STAYD_VERSION;
  view.since = record_.since;
  view.config = base_.settings.config_path;
  view.log_dir = base_.settings.log_dir;
  view.cgroup = containment_.path();
  view.containment = word(containment_.mode());
  const core::SupervisorState& state = state_.supervisor();
  view.orphans = state.orphans;
  describe_trouble();
  view.trouble = trouble_;
  if (state.shutting_down) view.shutdown = state.shutdown_now ? "now" : "ordered";
  return view;
}

/// What keeps the supervisor from working as it should; into trouble_.
void Supervisor::describe_trouble() {
  trouble_.clear();
  const auto add = [this](std::string_view text) {
    if (!trouble_.empty()) trouble_ += "; ";
    trouble_ += text;
  };
  if (containment_.is_degraded()) add("cgroups cannot be used: " + containment_.reason());
  if (logs_.lacks_writer())
    add("no log writer is there, and services wait when they have much to say");
  const auto logs = std::ranges::count(troubles_, false, &journal::Trouble::limited);
  if (logs != 0)
    add(std::to_string(logs) + (logs == 1 ? " log cannot be written" : " logs cannot be written"));
}

/// Not reaped yet.
void Supervisor::orphan_ended(std::int32_t pid) {
  containment_.orphan_reaped();
  fact(core::EventKind::orphan_reaped, owner_of_orphan(pid), no_run);
}

/// By its cgroup, which a zombie keeps; else by its session, which is named after the process that
/// we started. Its environment is gone with its memory.
InstanceId Supervisor::owner_of_orphan(std::int32_t pid) const {
  const Owner owner = containment_.owner_of(pid);
  const InstanceId named = base_.names.find(owner.instance);
  if (named != no_instance || owner.session == 0) return named;
  for (std::uint32_t i = 0; i < runs_.all.size(); ++i) {
    const RunId run = runs_.all[i].record.run;
    if (run != no_run && base_.ledger.spawned(InstanceId{i}, run) == owner.session)
      return InstanceId{i};
  }
  return no_instance;
}

/// Kept: many instances may be starting, and each Status asks about them anew.
std::string_view Supervisor::awaited(InstanceId id) {
  const auto [at, is_new] = awaited_.try_emplace(index_of(base_.catalog.service_of(id)));
  if (is_new) {
    if (const auto service = service_of(id)) at->second = Readiness::awaited(service->ready);
  }
  return at->second;
}

void Supervisor::complete(InstanceId id, control::InstanceView& view) {
  for (const journal::Trouble& trouble : troubles_)
    if (trouble.instance == view.instance) view.trouble = trouble.text;
  const RunRecord& record = runs_.at(id).record;
  if (record.run == no_run) return;
  if (record.main_pid != 0 && view.pid != 0) view.pid = record.main_pid;
  view.status_text = readiness_.status_text(id);
  if (view.status_text.empty() && state_.at(id).phase == core::Phase::starting) {
    why_not_ = readiness_.why_not(id, record.run);
    view.status_text = why_not_.empty() ? awaited(id) : why_not_;
  }
  if (record.cgroup_number == 0) return;
  leaf_name_.assign(view.instance);
  leaf_name_ += '.';
  leaf_name_ += std::to_string(record.cgroup_number);
  view.cgroup = leaf_name_;
}

control::UsageView Supervisor::usage(InstanceId id) {
  control::UsageView usage;
  const Run& run = runs_.at(id);
  if (run.record.run == no_run) return usage;
  if (const auto cgroup = open_leaf(id)) {
    const auto pids = cgroup->processes();
    usage.known = true;
    usage.processes = static_cast<std::uint32_t>(pids.size());
    usage.memory = memory_of(*cgroup, pids);
    usage.cpu = cpu_of(*cgroup);
    return usage;
  }
  if (const auto info = os::process_info(run.pid)) {
    usage.known = true;
    usage.processes = 1;
    usage.memory = info->resident_bytes;
    usage.cpu = nanoseconds(static_cast<std::int64_t>(info->cpu_ns));
  }
  return usage;
}

Status Supervisor::add(os::FdView fd, std::uint32_t events, std::uint32_t token) {
  return base_.epoll.add(fd, events, pack({Source::control, token, 0}));
}

Status Supervisor::modify(os::FdView fd, std::uint32_t events, std::uint32_t token) {
  return base_.epoll.modify(fd, events, pack({Source::control, token, 0}));
}

void Supervisor::remove(os::FdView fd) { base_.epoll.remove(fd); }

}  // namespace stayd::runtime
