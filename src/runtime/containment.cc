// SPDX-License-Identifier: Apache-2.0
#include "runtime/containment.h"

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "os/pidfd_info.h"
#include "os/process.h"

namespace stayd::runtime {

namespace {

constexpr int signal_kill = 9;
constexpr int signal_term = 15;
constexpr int signal_cont = 18;
constexpr int signal_stop = 19;

constexpr Duration shortest_look = milliseconds(5);
/// Looks after one that found something until nothing is believed to be nothing.
constexpr int looks_to_confirm = 2;
/// Where processes end all the time anyway, an end is believed after so many looks, 0.3 s.
constexpr std::uint8_t most_torn_looks = 6;
constexpr int most_doublings = 8;  ///< 1.3 s between two looks at what does not die
constexpr int most_stop_rounds = 8;

std::string leaf_name(std::string_view instance, std::uint32_t number) {
  return std::string(instance) + "." + std::to_string(number);
}

WalkSubject subject_of(const ContainedRun& run) {
  return {.instance = run.name,
          .run = run.run,
          .session = run.first_pid,
          .main_gone = !run.process.valid()};
}

}  // namespace

std::uint32_t leaf_number(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return 0;
  const auto number = parse_integer(name.substr(dot + 1), 1, 0xffff'ffff);
  return number ? static_cast<std::uint32_t>(*number) : 0;
}

const char* word(ContainmentMode mode) {
  switch (mode) {
    case ContainmentMode::cgroup: return "cgroup";
    case ContainmentMode::processes: return "processes";
    case ContainmentMode::pid_namespace: return "pid-namespace";
  }
  return "";
}

os::FdView Containment::fd() const { return watch_ ? watch_->fd() : os::FdView(); }

Result<LeafFolder> Containment::prepare(std::string_view instance, Leaf& leaf) {
  if (mode_ != ContainmentMode::cgroup) return LeafFolder();
  if (LeafFolder reused = reuse_leaf(instance, leaf)) return reused;
  auto created = create_leaf(instance, leaf);
  if (!created && created.error().number == ENOENT) {  // somebody removed the base
    Base base = TRY(find_base());
    if (!base.locked) return in_use(base);
    base_ = std::move(base.folder);
    keeper_has_base_ = false;
    ++base_count_;
    created = create_leaf(instance, leaf);
  }
  return created;
}

Result<LeafFolder> Containment::create_leaf(std::string_view instance, Leaf& leaf) {
  const std::uint32_t number = setting_.next_leaf;
  os::Cgroup created = TRY(base_.create_child(leaf_name(instance, number)));
  ++setting_.next_leaf;
  leaf = {.number = number, .killed = false};
  return std::make_shared<const os::Cgroup>(std::move(created));
}

LeafFolder Containment::reuse_leaf(std::string_view instance, const Leaf& leaf) {
  if (leaf.number == 0) return nullptr;
  const std::string name = leaf_name(instance, leaf.number);
  const bool was_just_empty = std::erase(just_empty_, leaf.number) != 0;
  if (leaf.killed || (!was_just_empty && recent_.is_populated(base_, name) != false)) {
    remove_leaf(name);
    return nullptr;
  }
  return recent_.open(base_, name).value_or(nullptr);  // ENOENT: somebody removed it
}

void Containment::remove_leaf(const std::string& leaf) {
  recent_.forget(leaf);
  if (base_.remove_child(leaf) || base_.remove_child_tree(leaf)) return;
  if (base_.is_populated(leaf) == false) return;
  waiting_.push_back({.name = leaf, .in_leaf = true});
  watch(waiting_.back());
}

void Containment::signal_all(const ContainedRun& run, int signal) {
  if (uses_leaf(run)) {
    const auto leaf = base_.open_child(leaf_name(run.name, run.leaf.number));
    if (!leaf) return;
    for (const std::int32_t pid : leaf->processes()) {
      const auto process = os::open_process(pid);
      // Now the number cannot become another's unseen: what the handle is of is in the leaf, or
      // it has ended and the signal goes nowhere.
      if (process && is_in_leaf(run, pid)) (void)os::send_signal(process->view(), signal);
    }
    return;
  }
  ProcessWalk walk(setting_.keeper, setting_.is_main);
  for (const os::ProcessInfo* process : walk.members(subject_of(run))) {
    signal_process(*process, signal);
  }
}

void Containment::terminate_rest(const ContainedRun& run) {
  signal_all(run, signal_term);
  signal_all(run, signal_cont);
}

void Containment::kill(const ContainedRun& run, Leaf& leaf) {
  if (run.process.valid()) (void)os::send_signal(run.process, signal_kill);
  if (uses_leaf(run)) {
    leaf.killed = true;
    if (kill_leaf(leaf_name(run.name, run.leaf.number)) == Stroke::complete) return;
  }
  Waiting& entry = waiting_for(run);
  entry.killing = true;
  entry.looked_at = false;
}

/// cgroup.kill is one stroke that no fork outruns; before kernel 5.14 SIGKILL goes to one process
/// after the other, and again until none is left.
Containment::Stroke Containment::kill_leaf(const std::string& name) {
  const auto leaf = base_.open_child(name);
  if (!leaf) return leaf.error().number == ENOENT ? Stroke::complete : Stroke::to_be_repeated;
  (void)leaf->freeze(true);
  const Status killed = leaf->kill_all();
  return killed && has_cgroup_kill_ ? Stroke::complete : Stroke::to_be_repeated;
}

Containment::Waiting& Containment::waiting_for(const ContainedRun& run) {
  const auto found = std::ranges::find_if(waiting_, [&](const Waiting& entry) {
    return entry.instance == run.instance && entry.run == run.run;
  });
  if (found == waiting_.end()) {
    looks_ = 0;  // it need not wait as long as what has been looked at for a while
    deadline_ = Instant::never();
  }
  Waiting& entry = found != waiting_.end() ? *found : waiting_.emplace_back();
  entry.instance = run.instance;
  entry.run = run.run;
  entry.in_leaf = uses_leaf(run);
  entry.name = entry.in_leaf ? leaf_name(run.name, run.leaf.number) : std::string(run.name);
  entry.session = run.first_pid;
  entry.main_gone = !run.process.valid();
  return entry;
}

void Containment::await_empty(const ContainedRun& run) {
  const bool in_leaf = uses_leaf(run);
  if (in_leaf && recent_.is_populated(base_, leaf_name(run.name, run.leaf.number)) == false) {
    just_empty_.push_back(run.leaf.number);
    forget(run.instance, run.run);
    emptied_.push_back({run.instance, run.run});
    return;
  }
  Waiting& entry = waiting_for(run);
  entry.awaited = true;
  entry.main_gone = true;
  entry.looked_at = false;
  if (entry.in_leaf) watch(entry);
}

void Containment::watch(Waiting& entry) {
  if (!watch_ || entry.watch >= 0) return;
  const auto leaf = base_.open_child(entry.name);
  if (!leaf) return;
  if (const auto number = watch_->watch(*leaf)) entry.watch = *number;
}

void Containment::forget(InstanceId instance, RunId run) {
  std::erase_if(waiting_, [&](const Waiting& entry) {
    if (entry.instance != instance || entry.run != run) return false;
    if (entry.watch >= 0) watch_->forget(entry.watch);
    return true;
  });
  std::erase_if(emptied_, [&](const EmptiedRun& emptied) {
    return emptied.instance == instance && emptied.run == run;
  });
}

void Containment::ready() {
  while (const auto number = watch_->next()) {
    for (Waiting& entry : waiting_) {
      if (entry.watch == *number) entry.looked_at = false;
    }
  }
}

void Containment::settle(Instant now, std::vector<EmptiedRun>& into) {
  const bool due = deadline_ <= now;
  if (now != settled_at_) just_empty_.clear();
  settled_at_ = now;
  for (Waiting& entry : waiting_) {
    if (due || (look_again_ && !entry.in_leaf)) entry.looked_at = false;
  }
  look_again_ = false;
  settle_leaves();
  settle_processes();
  into.insert(into.end(), emptied_.begin(), emptied_.end());
  emptied_.clear();
  set_deadline(now, due);
}

/// What a look found to be empty: told if it is awaited, and over if not.
void Containment::conclude(Waiting& entry) {
  if (entry.awaited) emptied_.push_back({entry.instance, entry.run});
  if (entry.watch >= 0) watch_->forget(entry.watch);
  if (entry.instance == no_instance) (void)base_.remove_child_tree(entry.name);
  entry.over = true;
}

void Containment::settle_leaves() {
  for (Waiting& entry : waiting_) {
    if (!entry.in_leaf || entry.looked_at) continue;
    entry.looked_at = true;
    const std::optional<bool> populated = base_.is_populated(entry.name);
    entry.unsure = !populated.has_value();
    if (populated == false) {
      conclude(entry);
    } else if (entry.killing && kill_leaf(entry.name) == Stroke::complete) {
      entry.killing = false;
    }
  }
  std::erase_if(waiting_, [](const Waiting& entry) { return entry.over; });
}

/// One walk for all of them: a walk costs some 10 us a process.
void Containment::settle_processes() {
  const auto is_due = [](const Waiting& entry) { return !entry.in_leaf && !entry.looked_at; };
  if (std::ranges::none_of(waiting_, is_due)) return;
  ProcessWalk walk(setting_.keeper, setting_.is_main);
  const auto is_killed = [&](const Waiting& entry) { return is_due(entry) && entry.killing; };
  if (std::ranges::any_of(waiting_, is_killed)) stop_what_is_killed(walk);
  const bool is_torn = walk.is_torn() || has_stray(walk);
  for (Waiting& entry : waiting_) {
    if (!is_due(entry)) continue;
    entry.looked_at = true;
    const auto members = walk.members(entry.subject());
    // A look may miss what moves from process to process. Where there was something at the last
    // one, nothing is nothing only when it is seen again and again; nor is it as long as its group
    // is there, or, for some looks, when processes ended meanwhile or are ending: one of them may
    // be its own, or may have moved on.
    entry.torn_looks =
        static_cast<std::uint8_t>(is_torn && members.empty() ? entry.torn_looks + 1 : 0);
    const bool is_doubtful = entry.torn_looks != 0 && entry.torn_looks <= most_torn_looks;
    entry.unsure = members.empty() &&
                   (entry.to_confirm > 0 || is_doubtful || walk.group_is_left(entry.subject()));
    entry.seen.clear();
    for (const os::ProcessInfo* process : members)
      entry.seen.push_back({process->pid, process->start_ticks});
    entry.to_confirm = !members.empty() ? looks_to_confirm : std::max(entry.to_confirm - 1, 0);
    if (members.empty() && !entry.unsure) conclude(entry);
    if (!entry.killing) continue;
    for (const os::ProcessInfo* process : members) signal_process(*process, signal_kill);
  }
  std::erase_if(waiting_, [](const Waiting& entry) { return entry.over; });
}

bool Containment::has_stray(ProcessWalk& walk) const {
  std::vector<WalkSubject> subjects;
  for (const Waiting& entry : waiting_)
    if (!entry.in_leaf) subjects.push_back(entry.subject());
  return walk.has_stray(subjects);
}

/// Stopped, they fork no more: looked for and stopped again until a look finds nothing new. Only
/// then are they killed, all of them at once.
void Containment::stop_what_is_killed(ProcessWalk& walk) {
  for (int round = 0; round < most_stop_rounds; ++round) {
    bool found_running = false;
    for (const Waiting& entry : waiting_) {
      if (entry.in_leaf || entry.looked_at || !entry.killing) continue;
      for (const os::ProcessInfo* process : walk.members(entry.subject())) {
        if (process->state == 'T' || process->is_ending()) continue;
        found_running = true;
        signal_process(*process, signal_stop);
      }
    }
    if (!found_running) return;
    walk = ProcessWalk(setting_.keeper, setting_.is_main);
  }
}

void Containment::set_deadline(Instant now, bool was_due) {
  const bool look_by_time = std::ranges::any_of(waiting_, [](const Waiting& entry) {
    return entry.killing || entry.unsure || (entry.in_leaf && entry.watch < 0);
  });
  if (!look_by_time) {
    deadline_ = Instant::never();
    looks_ = 0;
    return;
  }
  if (!was_due && deadline_ != Instant::never()) return;
  deadline_ = now + Duration{shortest_look.ns << std::min(looks_, most_doublings)};
  ++looks_;
}

void Containment::release(const ContainedRun& run, Leaf& leaf, LeafUse use) {
  forget(run.instance, run.run);
  if (!uses_leaf(run)) return;
  if (use == LeafUse::kept && !leaf.killed) return;
  remove_leaf(leaf_name(run.name, leaf.number));
  leaf = {};
}

void Containment::remove_all() {
  if (!base_.valid()) return;
  for (const std::string& name : base_.children()) {
    if (!base_.remove_child(name)) (void)base_.remove_child_tree(name);
  }
  (void)own_.remove_child("stayd." + setting_.name);
}

bool Containment::has(const ContainedRun& run, std::int32_t pid, os::FdView process) const {
  if (!uses_leaf(run)) {
    ProcessWalk walk(setting_.keeper, setting_.is_main);
    return walk.is_member(subject_of(run), pid);
  }
  const auto id = process.valid() ? os::cgroup_id_of(process) : failure("");
  const auto leaf = base_.open_child(leaf_name(run.name, run.leaf.number));
  if (id && leaf && *id == leaf->id()) return true;
  return is_in_leaf(run, pid);
}

bool Containment::has_oom_kill(const ContainedRun& run) const {
  if (!has_memory_events_ || !uses_leaf(run)) return false;
  const auto events = base_.read(leaf_name(run.name, run.leaf.number), "memory.events");
  return events && events->find("oom_kill ") != std::string::npos &&
         events->find("oom_kill 0") == std::string::npos;
}

bool Containment::is_in_leaf(const ContainedRun& run, std::int32_t pid) const {
  const Owner owner = owner_in_cgroup(pid);
  return owner.leaf == run.leaf.number && owner.instance == run.name;
}

/// "/stayd.shop/web@2.17", or something below it, or the same with " (deleted)" behind it.
Owner Containment::owner_in_cgroup(std::int32_t pid) const {
  const auto path = os::cgroup_of(pid);
  if (!path || base_name_.empty() || !path->starts_with(base_name_ + "/")) return {};
  std::string_view leaf = std::string_view(*path).substr(base_name_.size() + 1);
  leaf = leaf.substr(0, leaf.find('/'));
  leaf = leaf.substr(0, leaf.find(' '));
  const std::uint32_t number = leaf_number(leaf);
  if (number == 0) return {};
  return {.instance = std::string(leaf.substr(0, leaf.rfind('.'))), .leaf = number};
}

Owner Containment::owner_of(std::int32_t pid) const {
  Owner owner = owner_in_cgroup(pid);
  const auto process = os::process_info(pid);
  if (process) owner.session = process->session;
  if (owner.leaf != 0) return owner;
  const auto run = os::environment_value(pid, "STAYD_RUN");
  const auto number = run ? parse_integer(*run, 1, INT64_MAX) : failure("");
  if (!number) return owner;
  owner.run = RunId{static_cast<std::uint64_t>(*number)};
  owner.instance = os::environment_value(pid, "STAYD_INSTANCE").value_or(std::string());
  return owner;
}

}  // namespace stayd::runtime
