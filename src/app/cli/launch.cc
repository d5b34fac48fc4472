// SPDX-License-Identifier: Apache-2.0
#include "app/cli/launch.h"

#include <array>
#include <cerrno>
#include <utility>

#include "app/cli/lock.h"
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/keeper/keeper.h"
#include "model/spec_codec.h"
#include "os/clock.h"
#include "os/error.h"
#include "os/files.h"
#include "os/memory.h"
#include "os/pipe.h"
#include "os/probe.h"
#include "os/socket.h"
#include "os/spawn.h"
#include "runtime/ledger.h"

namespace stayd::app {
namespace {

constexpr std::uint32_t data_folder_mode = 0755;
constexpr int waiting_connections = 128;
constexpr int first_free = keeper_ledger_fd + 1;

/// That nothing can be written there, as opposed to what a person should mend.
bool is_read_only(const Error& error) {
  return error.number == EROFS || error.number == EACCES || error.number == EPERM ||
         error.number == ENOSPC || error.number == ENOTDIR || error.number == ENOENT;
}

std::uint32_t socket_mode(const model::Supervisor& supervisor) {
  const bool others_may = !supervisor.operator_uids.empty() || !supervisor.operator_gids.empty() ||
                          !supervisor.viewer_uids.empty() || !supervisor.viewer_gids.empty();
  return others_may ? 0666 : 0600;
}

Result<os::Fd> lock_of(const model::Supervisor& supervisor, Launch launch, Duration patience) {
  auto lock = take_lock(supervisor.runtime_dir, patience);
  if (lock || lock.error().number == EBUSY || launch == Launch::background ||
      !is_read_only(lock.error())) {
    return lock;
  }
  complain(lock.error().message + "; going on without a control socket");
  return os::Fd();
}

Result<bool> make_log_folders(const model::Supervisor& supervisor, Launch launch) {
  for (const std::string& path : {supervisor.state_dir, supervisor.log_dir}) {
    const auto made = os::make_folders(path, data_folder_mode);
    if (made) continue;
    if (launch == Launch::background || !is_read_only(made.error())) {
      return std::unexpected(made.error());
    }
    complain(made.error().message + "; going on without log files");
    return false;
  }
  return true;
}

/// The keeper's descriptors, by number; those that are not valid are left out.
struct Placed {
  os::FdView from;
  int to = 0;
};
std::array<Placed, 5> placements(const Prepared& prepared) {
  return {Placed{prepared.spec.view(), keeper_spec_fd},
          {prepared.executable.view(), keeper_executable_fd},
          {prepared.lock.view(), keeper_lock_fd},
          {prepared.listener.view(), keeper_listener_fd},
          {prepared.ledger.view(), keeper_ledger_fd}};
}

/// Puts copies at their numbers and closes all else but the standard streams.
Status place_for_exec(Prepared& prepared) {
  std::array<os::Fd, 5> copies;
  const auto wanted = placements(prepared);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // First beyond all target numbers, so that none is overwritten before it was copied.
    if (wanted[i].from.valid()) copies[i] = TRY(os::duplicate(wanted[i].from, first_free));
  }
  for (os::Fd* original : {&prepared.spec, &prepared.executable, &prepared.lock, &prepared.listener,
                           &prepared.ledger}) {
    original->reset();
  }
  for (int number = keeper_spec_fd; number < first_free; ++number) os::Fd(number).reset();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!copies[i].valid()) continue;
    os::Fd placed = TRY(os::duplicate_at(copies[i].view(), wanted[i].to));
    TRY(os::keep_over_exec(placed.view()));
    (void)placed.release();
  }
  return {};
}

/// Without it no end of a service would be seen: better not to begin.
Status test_waiting() {
  const int number = os::probe(os::Facility::pidfd_wait);
  // Other refusals are of the probe's means, not of waiting.
  if (number != ENOSYS && number != EINVAL) return {};
  return os::error_of(number,
                      "cannot wait for processes by pidfd, which takes Linux 5.4 (stayd "
                      "doctor tells more)");
}

std::string title_of(const Prepared& prepared) { return "stayd: keeper " + prepared.name; }

}  // namespace

std::uint32_t instance_count(const model::Spec& spec) {
  std::uint32_t count = 0;
  for (const auto& service : spec.services) count += service.replicas;
  return count;
}

Result<LaunchFolders> prepare_folders(const model::Supervisor& supervisor, Launch launch,
                                      Duration patience) {
  TRY(os::fill_standard_streams());
  LaunchFolders folders;
  folders.lock = TRY(lock_of(supervisor, launch, patience));
  folders.logs = TRY(make_log_folders(supervisor, launch));
  return folders;
}

Result<Prepared> prepare(model::Spec spec, LaunchFolders folders) {
  TRY(test_waiting());
  Prepared prepared{.name = spec.supervisor.name, .lock = std::move(folders.lock)};
  if (!folders.logs) {
    for (auto& service : spec.services) service.log.to_file = false;
    spec.supervisor.events = false;
  }
  if (prepared.lock.valid()) {
    prepared.socket = control_socket_in(spec.supervisor.runtime_dir);
    prepared.listener =
        TRY(os::listen_unix(prepared.socket, socket_mode(spec.supervisor), waiting_connections));
  }
  const std::string blob = model::encode(spec);
  prepared.spec = TRY(os::create_sealed("stayd-spec", blob));
  prepared.ledger =
      TRY(runtime::Ledger::create(instance_count(spec), runtime::checksum_of_spec(blob)));
  prepared.executable = TRY(os::open_file("/proc/self/exe", os::OpenFor::path_only));
  return prepared;
}

Error become_keeper(Prepared prepared) {
  if (prepared.lock.valid()) name_holder(prepared.lock.view(), os::own_pid(), os::wall_now());
  std::string title = title_of(prepared);
  char process[] = "@keeper";
  char* const arguments[] = {title.data(), process, nullptr};
  if (auto placed = place_for_exec(prepared); !placed) return std::move(placed).error();
  os::close_from(first_free);
  return os::execute(os::FdView(keeper_executable_fd), arguments, os::own_environment());
}

Result<BackgroundKeeper> start_keeper(Prepared prepared) {
  os::Pipe report = TRY(os::create_pipe());
  os::Pipe messages = TRY(os::create_pipe());
  os::Fd null = TRY(os::open_file("/dev/null", os::OpenFor::read_write_create));
  auto spawner = TRY(os::Spawner::create());
  std::array<os::PlannedDescriptor, 9> descriptors{{{null.view(), 0},
                                                    {null.view(), 1},
                                                    {messages.write_end.view(), 2},
                                                    {report.write_end.view(), keeper_report_fd}}};
  std::size_t count = 4;
  for (const Placed& placed : placements(prepared)) {
    if (placed.from.valid()) descriptors[count++] = {placed.from, placed.to};
  }
  std::string title = title_of(prepared);
  char process[] = "@keeper";
  char* const arguments[] = {title.data(), process, nullptr};
  os::SpawnPlan plan;
  plan.executable_fd = prepared.executable.view();
  plan.arguments = arguments;
  plan.environment = os::own_environment();
  plan.descriptors = std::span(descriptors).first(count);
  plan.umask_value = -1;
  plan.set_oom_score = false;
  auto spawned = TRY(spawner.spawn(plan));
  if (prepared.lock.valid()) name_holder(prepared.lock.view(), spawned.pid, os::wall_now());
  return BackgroundKeeper{.process = std::move(spawned.process),
                          .pid = spawned.pid,
                          .report = std::move(report.read_end),
                          .messages = std::move(messages.read_end)};
}

}  // namespace stayd::app
