// SPDX-License-Identifier: Apache-2.0
// How a keeper begins, and how it starts a supervisor.
#include "app/keeper/keeper.h"
#include "app/keeper/keeper_process.h"
#include "model/spec_codec.h"
#include "os/files.h"
#include "os/memory.h"
#include "os/socket.h"

namespace stayd::app {

using runtime::Held;
using runtime::LinkKind;

namespace {

/// Takes over descriptor `number`, which is not to be inherited any further.
os::Fd adopt(int number) {
  os::Fd fd(number);
  if (!os::close_on_exec(fd.view())) (void)fd.release();  // it was never open
  return fd;
}

/// The same where /dev/null stands for "none".
os::Fd adopt_if(bool os::FileStatus::* is_kind, int number) {
  os::Fd fd = adopt(number);
  const auto status = os::status_of(fd.view());
  if (!status || !((*status).*is_kind)) fd.reset();
  return fd;
}

Result<KeeperSettings> settings_from(os::FdView spec) {
  const auto bytes = TRY(os::Mapping::read_only(spec));
  const auto view = TRY(model::SpecView::open(bytes.bytes()));
  auto supervisor = TRY(view.supervisor());
  return KeeperSettings{.name = std::move(supervisor.name),
                        .runtime_dir = std::move(supervisor.runtime_dir),
                        .when_supervisor_dies = supervisor.when_supervisor_dies,
                        .foreground = supervisor.foreground};
}

}  // namespace

Result<Keeper> Keeper::create() {
  TRY(os::become_subreaper());
  os::Fd spec = adopt(keeper_spec_fd);
  os::Fd executable = adopt(keeper_executable_fd);
  os::Fd lock = adopt_if(&os::FileStatus::is_regular, keeper_lock_fd);
  os::Fd listener = adopt_if(&os::FileStatus::is_socket, keeper_listener_fd);
  os::Fd report = adopt(keeper_report_fd);
  os::Fd ledger_file = adopt(keeper_ledger_fd);
  auto settings = TRY(settings_from(spec.view()));
  auto ledger = TRY(runtime::Ledger::open(ledger_file.view()));
  auto signals = TRY(os::SignalFd::create());
  auto spawner = TRY(os::Spawner::create());
  Keeper keeper(std::move(signals), std::move(spawner), std::move(ledger));
  keeper.settings_ = std::move(settings);
  keeper.held(Held::spec) = std::move(spec);
  keeper.held(Held::executable) = std::move(executable);
  keeper.held(Held::listener) = std::move(listener);
  keeper.held(Held::ledger) = std::move(ledger_file);
  keeper.lock_ = std::move(lock);
  keeper.report_ = std::move(report);
  return keeper;
}

Result<os::Spawned> Keeper::spawn_supervisor(os::FdView link) {
  std::string title = "stayd: supervisor " + settings_.name;
  char process[] = "@supervise";
  char* const arguments[] = {title.data(), process, nullptr};
  const os::PlannedDescriptor descriptors[] = {{os::FdView(0), 0},
                                               {os::FdView(1), 1},
                                               {os::FdView(2), 2},
                                               {link, runtime::keeper_descriptor}};
  os::SpawnPlan plan;
  plan.executable_fd = held(Held::executable).view();
  plan.arguments = arguments;
  plan.environment = os::own_environment();
  plan.descriptors = descriptors;
  plan.session = false;  // a process group of its own: a terminal's ^C comes through us, once
  plan.umask_value = -1;
  plan.set_oom_score = false;
  plan.keep_signals = true;  // blocked: none is lost before its signalfd is there
  return spawner_.spawn(plan);
}

Status Keeper::start_supervisor() {
  auto pair = TRY(os::create_message_pair());
  auto spawned = TRY(spawn_supervisor(pair.theirs.view()));
  ++generation_;
  ledger_.set_generation(generation_);
  supervisor_ = Supervisor{.process = std::move(spawned.process),
                           .pid = spawned.pid,
                           .link = std::move(pair.ours),
                           .resumed = false,
                           .leaving = {}};
  start_at_ = Instant::never();
  return welcome(supervisor_.link.view());
}

Status Keeper::welcome(os::FdView link) {
  runtime::LinkMessage message{.kind = LinkKind::welcome, .generation = generation_};
  std::array<os::FdView, runtime::held_count> descriptors;
  std::size_t count = 0;
  for (std::size_t i = 0; i < runtime::held_count; ++i) {
    if (!held_[i].valid()) continue;
    message.present = static_cast<std::uint16_t>(message.present | (1U << i));
    descriptors[count++] = held_[i].view();
  }
  return runtime::send_link(link, message, std::span(descriptors).first(count));
}

}  // namespace stayd::app
