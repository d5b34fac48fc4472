// SPDX-License-Identifier: Apache-2.0
// What this kernel and these rights make possible, and what is done where they do not.
#include <algorithm>
#include <array>

#include "app/cli/findings.h"
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/target.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "model/descriptors.h"
#include "os/cgroup.h"
#include "os/epoll.h"
#include "os/error.h"
#include "os/files.h"
#include "os/poll.h"
#include "os/probe.h"
#include "os/process.h"
#include "os/spawn.h"

namespace stayd::app {
namespace {

constexpr Option doctor_options[] = {
    {.name = "json", .meaning = "as one JSON document"},
};

/// What a start costs: a pidfd and two pipes' read ends in the supervisor (architecture).
constexpr std::uint64_t descriptors_a_service = 3;

struct FacilityRow {
  os::Facility facility;
  std::string_view name;
  std::string_view use;
  Health without;
  std::string_view instead;
};
constexpr std::array facilities{
    FacilityRow{os::Facility::pidfd_open, "pidfd", "processes are held, not numbers",
                Health::missing,
                "stayd needs Linux 5.4 and a seccomp filter that lets pidfds pass"},
    FacilityRow{os::Facility::pidfd_signal, "pidfd signals", "no signal reaches a successor",
                Health::missing, "stayd needs pidfd_send_signal(2)"},
    FacilityRow{os::Facility::pidfd_wait, "pidfd wait", "exits are read from the pidfd",
                Health::missing, "stayd needs waitid(P_PIDFD), Linux 5.4"},
    FacilityRow{os::Facility::pidfd_group_signal, "group signals",
                "a process group is signalled by pidfd", Health::lesser,
                "by number, only while its leader has not been reaped (Linux 6.9 has better)"},
    FacilityRow{os::Facility::pidfd_exit_info, "pidfd info", "a process's cgroup is known for sure",
                Health::lesser, "/proc is asked (Linux 6.13 has better)"},
    FacilityRow{os::Facility::clone3, "clone3", "services are born with a pidfd, in their cgroup",
                Health::lesser, "clone(2) with CLONE_PIDFD, or fork(2) and pidfd_open(2)"},
    FacilityRow{os::Facility::close_range, "close_range",
                "a start does not copy the descriptor table", Health::lesser,
                "it is copied; starts are slower with many services"},
    FacilityRow{os::Facility::openat2, "openat2", "log files are opened without following links",
                Health::lesser, "folder by folder with O_NOFOLLOW"},
    FacilityRow{os::Facility::sealed_memory, "memfd", "ledger and configuration are kept in memory",
                Health::missing, "stayd needs memfd_create(2)"},
    FacilityRow{os::Facility::signalfd, "signalfd", "signals come through the loop",
                Health::missing, "stayd needs signalfd(2)"},
    FacilityRow{os::Facility::peer_pidfd, "peer pidfd", "a caller is known even after its death",
                Health::lesser,
                "by its number, as it was when it connected (Linux 6.5 has better)"},
};

Finding finding_of(const FacilityRow& row) {
  const int number = os::probe(row.facility);
  if (number == 0) return {row.name, Health::good, std::string(row.use), {}};
  return {row.name, row.without, "refused: " + os::error_text(number), std::string(row.instead)};
}

Finding missing_cgroup(std::string why) {
  return {"cgroup", Health::lesser, std::move(why),
          "services are contained by their process tree, walked until nothing is left"};
}

/// Below our own cgroup, removed at the end.
class ScratchCgroup {
 public:
  ScratchCgroup(const os::Cgroup& parent, std::string name)
      : parent_(parent), name_(std::move(name)), made_(parent.create_child(name_)) {}
  ~ScratchCgroup() {
    if (made_) static_cast<void>(parent_.remove_child(name_));
  }
  ScratchCgroup(const ScratchCgroup&) = delete;
  ScratchCgroup& operator=(const ScratchCgroup&) = delete;
  [[nodiscard]] const Result<os::Cgroup>& made() const { return made_; }

 private:
  const os::Cgroup& parent_;
  std::string name_;
  Result<os::Cgroup> made_;
};

std::string trimmed(std::string text) {
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return text;
}

void add_controllers(std::vector<Finding>& findings, const os::Cgroup& own) {
  const auto controllers = trimmed(own.read("cgroup.controllers").value_or(""));
  const bool has_all = controllers.find("memory") != std::string::npos &&
                       controllers.find("cpu") != std::string::npos &&
                       controllers.find("pids") != std::string::npos;
  findings.push_back({"controllers", has_all ? Health::good : Health::lesser,
                      controllers.empty() ? "none are enabled for " + own.path() : controllers,
                      has_all ? "" : "memory of services is counted by their resident sizes"});
}

/// It prints one line into /dev/null: seconds are plenty.
void await_end(os::FdView process) {
  std::array watched{os::Polled{.fd = process, .events = os::readable}};
  static_cast<void>(os::poll(watched, seconds(5)));
  os::reap(process);
}

/// Starts this program as a service would be, and tells by which way that went.
void add_spawn(std::vector<Finding>& findings, const os::Cgroup* cgroup) {
  auto spawner = os::Spawner::create();
  const auto self = os::open_file("/proc/self/exe", os::OpenFor::path_only);
  const auto null = os::open_file("/dev/null", os::OpenFor::read);
  if (!spawner || !self || !null) {
    const auto& error = !spawner ? spawner.error() : !self ? self.error() : null.error();
    findings.push_back({"start", Health::missing, error.message, "no service can be started"});
    return;
  }
  std::string name = "stayd";
  std::string verb = "version";
  std::array<char*, 3> arguments{name.data(), verb.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  const std::array descriptors{os::PlannedDescriptor{null->view(), 0},
                               os::PlannedDescriptor{null->view(), 1},
                               os::PlannedDescriptor{null->view(), 2}};
  os::SpawnPlan plan;
  plan.executable_fd = self->view();
  plan.arguments = arguments.data();
  plan.environment = environment.data();
  plan.descriptors = descriptors;
  if (cgroup != nullptr) plan.cgroup = cgroup->fd();
  const auto spawned = spawner->spawn(plan);
  if (!spawned) {
    findings.push_back(
        {"start", Health::missing, spawned.error().message, "no service can be started this way"});
    return;
  }
  await_end(spawned->process.view());
  const auto& ways = spawner->abilities();
  const bool best = ways.way == os::SpawnWay::clone3 && ways.shared_table;
  findings.push_back({"start", best ? Health::good : Health::lesser,
                      best ? "the fast way works" : "a slower way works",
                      best ? "" : "refused: " + os::error_text(ways.refusal)});
  if (cgroup == nullptr) return;
  const bool born_in = ways.cgroup_way == os::CgroupWay::clone_into;
  findings.push_back({"cgroup birth", born_in ? Health::good : Health::lesser,
                      born_in ? "services are born in their cgroup (CLONE_INTO_CGROUP)"
                              : "CLONE_INTO_CGROUP is refused",
                      born_in ? "" : "the child moves itself there before it runs"});
}

void add_cgroup(std::vector<Finding>& findings) {
  const auto mount = os::cgroup_mount();
  const auto own =
      mount.empty() ? Result<os::Cgroup>(failure("cgroup v2 is not mounted")) : os::Cgroup::own();
  if (!own) {
    findings.push_back(missing_cgroup(own.error().message));
    return add_spawn(findings, nullptr);
  }
  const ScratchCgroup scratch(*own, "stayd-doctor." + std::to_string(os::own_pid()));
  if (!scratch.made()) {
    findings.push_back(missing_cgroup(scratch.made().error().message));
    return add_spawn(findings, nullptr);
  }
  findings.push_back({"cgroup", Health::good, "ours to divide: " + own->path(), {}});
  const bool can_kill = os::exists(scratch.made()->path() + "/cgroup.kill");
  findings.push_back({"cgroup.kill", can_kill ? Health::good : Health::lesser,
                      can_kill ? "a service is killed whole, in one step"
                               : "not in this kernel (Linux 5.14 has it)",
                      can_kill ? "" : "frozen, then killed process by process"});
  add_controllers(findings, *own);
  add_spawn(findings, &*scratch.made());
}

Finding descriptor_finding() {
  const auto raised = os::raise_descriptor_limit();
  const auto limit = os::descriptor_limit();
  const auto ours = model::DescriptorNeed::of_stayd(limit);
  const auto services = limit > ours ? (limit - ours) / descriptors_a_service : 0;
  const bool enough = raised && services >= 100;
  return {
      "descriptors", enough ? Health::good : Health::lesser,
      std::to_string(limit) + ", enough for " + std::to_string(services) + " services with logs",
      enough ? "" : "raise the hard limit (ulimit -Hn) for more"};
}

Finding folder_finding() {
  const auto around = surroundings_here();
  const auto places = places_of_name("NAME", "NAME", around);
  if (!places) return {"folders", Health::missing, places.error().message, {}};
  const bool lasting = around.runtime_home.empty();
  return {"folders", lasting ? Health::lesser : Health::good,
          places->runtime_dir + ", " + places->log_dir,
          lasting ? "there is no XDG_RUNTIME_DIR: the control socket is in the state folder" : ""};
}

Finding supervisors_finding() {
  std::string text;
  for (const auto& name : running_supervisors_of(surroundings_here())) {
    text.append(text.empty() ? "" : ", ").append(name);
  }
  return {"supervisors", Health::good, text.empty() ? "none of this user is running" : text, {}};
}

Diagnosis diagnose() {
  Diagnosis diagnosis;
  constexpr std::size_t most_bytes = 256;
  diagnosis.kernel = trimmed(
      os::read_file("/proc/sys/kernel/osrelease", most_bytes).value_or("of an unknown version"));
  for (const FacilityRow& row : facilities) diagnosis.findings.push_back(finding_of(row));
  add_cgroup(diagnosis.findings);
  diagnosis.findings.push_back(descriptor_finding());
  diagnosis.findings.push_back(folder_finding());
  diagnosis.findings.push_back(supervisors_finding());
  return diagnosis;
}

}  // namespace

constinit const Syntax doctor_syntax{
    .verb = "doctor",
    .options = doctor_options,
    .summary = "tells what this kernel and these rights make possible, and what falls back to what",
    .details = "Exit code 1 when something is missing that stayd cannot do without.",
    .most_operands = 0};

int doctor_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(doctor_syntax, arguments);
  if (!given) return given.error();
  const Diagnosis diagnosis = diagnose();
  print(given->has("json") ? diagnosis_json(diagnosis)
                           : render_diagnosis(diagnosis, style_of(Stream::output)));
  const bool lacks = std::ranges::any_of(
      diagnosis.findings, [](const Finding& f) { return f.health == Health::missing; });
  return lacks ? exit_failed : exit_done;
}

}  // namespace stayd::app
