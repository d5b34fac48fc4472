// SPDX-License-Identifier: Apache-2.0
#include "os/process_tree.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace stayd::os {
namespace {

constexpr int most_looks = 8;  ///< for new ones in one pass

/// The process table, by pid.
class Table {
 public:
  Table() : processes_(all_processes()), is_member_(processes_.size(), false) {
    std::ranges::sort(processes_, {}, &ProcessInfo::pid);
  }

  /// The members of `target`, alive and not of our own line.
  std::vector<ProcessInfo> take(const TreeTarget& target) {
    for (std::size_t n = 0; n < processes_.size(); ++n)
      is_member_[n] = belongs(processes_[n], target);
    while (spread(target)) {
    }
    for (std::int32_t pid = getpid(); pid != 0; pid = parent_of(pid)) exclude(pid);
    std::vector<ProcessInfo> members;
    for (std::size_t n = 0; n < processes_.size(); ++n)
      if (is_member_[n] && processes_[n].is_alive()) members.push_back(std::move(processes_[n]));
    return members;
  }

 private:
  static bool belongs(const ProcessInfo& process, const TreeTarget& target) {
    if (target.root != 0 && process.pid == target.root) return true;
    if (target.session != 0 && process.session == target.session) return true;
    const std::size_t equals = target.marker.find('=');
    if (equals == std::string_view::npos) return false;
    return environment_value(process.pid, target.marker.substr(0, equals)) ==
           target.marker.substr(equals + 1);
  }

  [[nodiscard]] std::size_t place_of(std::int32_t pid) const {
    const auto at = std::ranges::lower_bound(processes_, pid, {}, &ProcessInfo::pid);
    if (at == processes_.end() || at->pid != pid) return processes_.size();
    return static_cast<std::size_t>(at - processes_.begin());
  }

  [[nodiscard]] std::int32_t parent_of(std::int32_t pid) const {
    const std::size_t place = place_of(pid);
    return place == processes_.size() ? 0 : processes_[place].parent;
  }

  void exclude(std::int32_t pid) {
    if (const std::size_t place = place_of(pid); place < is_member_.size())
      is_member_[place] = false;
  }

  /// Children of members are members. Our own are not those of an ancestor of ours that is meant:
  /// only of ourselves, if we are the root.
  bool spread(const TreeTarget& target) {
    bool any = false;
    for (std::size_t n = 0; n < processes_.size(); ++n) {
      const bool is_ours = processes_[n].parent == getpid() && target.root != getpid();
      if (is_member_[n] || is_ours || processes_[n].pid == target.spare) continue;
      const std::size_t parent = place_of(processes_[n].parent);
      if (parent == processes_.size() || !is_member_[parent]) continue;
      is_member_[n] = any = true;
    }
    return any;
  }

  std::vector<ProcessInfo> processes_;
  std::vector<bool> is_member_;
};

/// The process, if its number is still its own.
Fd open_same(const ProcessInfo& member) {
  Result<Fd> process = open_process(member.pid);
  if (!process) return {};
  const Result<ProcessInfo> now = process_info(member.pid);
  if (!now || now->start_ticks != member.start_ticks) return {};
  return std::move(*process);
}

struct Held {
  std::int32_t pid = 0;
  Fd process;
};

void stop(const Held& held) {
  (void)send_signal(held.process.view(), SIGSTOP);
  // A stopped process keeps its number, so this does not meet another one.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  prlimit(held.pid, RLIMIT_NPROC, &none, nullptr);
}

/// Adds those of the target that are not held yet; how many members there are at all. One that
/// cannot be opened (EMFILE) is counted and left to the next pass.
std::size_t hold_new(const TreeTarget& target, std::vector<Held>& held) {
  const std::size_t before = held.size();
  std::size_t seen = 0;
  for (const ProcessInfo& member : Table().take(target)) {
    ++seen;
    const auto known = std::ranges::find(held.begin(), held.begin() + static_cast<long>(before),
                                         member.pid, &Held::pid);
    if (known != held.begin() + static_cast<long>(before)) continue;
    if (Fd process = open_same(member)) held.push_back({member.pid, std::move(process)});
  }
  return seen;
}

}  // namespace

std::vector<std::int32_t> members(const TreeTarget& target) {
  std::vector<std::int32_t> pids;
  for (const ProcessInfo& member : Table().take(target)) pids.push_back(member.pid);
  return pids;
}

KillPass kill_members(const TreeTarget& target, int signal) {
  std::vector<Held> held;
  KillPass pass;
  const int looks = signal == SIGKILL ? most_looks : 1;
  for (int look = 0; look < looks; ++look) {
    const std::size_t before = held.size();
    const std::size_t seen = hold_new(target, held);
    pass.found = std::max(pass.found, static_cast<std::uint32_t>(seen));
    if (held.size() == before) break;
    for (std::size_t n = before; signal == SIGKILL && n < held.size(); ++n) stop(held[n]);
  }
  for (const Held& each : held)
    if (send_signal(each.process.view(), signal)) ++pass.signalled;
  return pass;
}

}  // namespace stayd::os
