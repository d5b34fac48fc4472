// SPDX-License-Identifier: Apache-2.0
#include "runtime/launcher.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "model/descriptors.h"
#include "os/error.h"
#include "os/files.h"
#include "os/memory.h"
#include "os/process.h"

namespace stayd::runtime {
namespace {

// asm-generic/resource.h
constexpr int core_limit_number = 4, descriptor_limit_number = 7;

std::unexpected<LaunchFailure> failed(os::SpawnStep step, Error error) {
  return std::unexpected(LaunchFailure::of(step, std::move(error)));
}

}  // namespace

LaunchFailure LaunchFailure::of(os::SpawnStep step, Error error) {
  LaunchFailure failure;
  failure.what.step = static_cast<std::uint8_t>(step);
  failure.what.number = error.number;
  failure.transient = os::is_transient(error.number);
  failure.text = std::move(error.message);
  return failure;
}

bool LaunchFailure::wants_another_leaf() const {
  return static_cast<os::SpawnStep>(what.step) == os::SpawnStep::cgroup &&
         (what.number == os::killed_at_birth || what.number == ENOENT || what.number == ENODEV);
}

bool LaunchFailure::wants_room_for_process() const {
  return static_cast<os::SpawnStep>(what.step) == os::SpawnStep::clone && what.number == EAGAIN;
}

std::string Launcher::text_of(const core::LastFailure& failure, const model::Execution* execution) {
  const auto step = static_cast<os::SpawnStep>(failure.step);
  std::string text = os::phrase(step);
  if (execution != nullptr && step == os::SpawnStep::directory) text += " " + execution->directory;
  if (execution != nullptr && step == os::SpawnStep::execute) text += " " + execution->executable;
  text += ": ";
  text += os::reason(step, failure.number);
  return text;
}

Result<os::FdView> Launcher::null_device() {
  if (!null_.valid()) null_ = TRY(os::open_file("/dev/null", os::OpenFor::read_write_create));
  return null_.view();
}

bool Launcher::is_local(const std::string& executable) {
  if (executable == local_executable_) return true;
  const bool local = os::is_local(executable.c_str());
  if (local) local_executable_ = executable;
  return local;
}

void Launcher::make_environment(const model::Service& service, const Launch& launch, Words& words) {
  const std::string instance = names_.instance(launch.instance);
  words.texts.clear();
  for (const std::string& variable : service.execution.environment) {
    words.texts.push_back(variable);
  }
  words.texts.push_back("STAYD_SERVICE=" + service.name);
  words.texts.push_back("STAYD_INSTANCE=" + instance);
  words.texts.push_back("STAYD_RUN=" + std::to_string(number_of(launch.run)));
  if (!launch.notify_path.empty()) {
    words.texts.emplace_back("NOTIFY_SOCKET=");
    words.texts.back() += launch.notify_path;
  }
}

void Launcher::make_arguments(std::span<const std::string> arguments, Words& words) {
  const std::size_t variables = words.texts.size();
  for (const std::string& argument : arguments) {
    words.texts.push_back(argument);
  }
  // Only now: texts moves as it grows.
  words.environment.clear();
  words.arguments.clear();
  for (std::size_t i = 0; i < words.texts.size(); ++i)
    (i < variables ? words.environment : words.arguments).push_back(words.texts[i].data());
  words.environment.push_back(nullptr);
  words.arguments.push_back(nullptr);
}

void Launcher::make_limits(const model::Execution& execution, Words& words) {
  words.limits.clear();
  bool core_declared = false, descriptors_declared = false;
  for (const model::ResourceLimit& limit : execution.limits) {
    words.limits.push_back({limit.resource, limit.soft, limit.hard});
    core_declared |= limit.resource == core_limit_number;
    descriptors_declared |= limit.resource == descriptor_limit_number;
  }
  if (!core_declared && inheritance_.soft_core != 0)
    words.limits.push_back({core_limit_number, inheritance_.soft_core, inheritance_.hard_core});
  // We raised our own soft limit; programs that loop over all descriptors, or use select(2), must
  // not inherit that. The hard one stays as it is.
  if (!descriptors_declared && inheritance_.soft_descriptors != 0)
    words.limits.push_back(
        {descriptor_limit_number, inheritance_.soft_descriptors, inheritance_.hard_descriptors});
}

os::SpawnPlan Launcher::make_plan(const model::Service& service, const Launch& launch,
                                  const std::string& executable, Words& words) {
  const model::Execution& execution = service.execution;
  make_limits(execution, words);
  os::SpawnPlan plan;
  plan.executable = executable.c_str();
  plan.arguments = words.arguments.data();
  plan.environment = words.environment.data();
  plan.directory = execution.directory.empty() ? nullptr : execution.directory.c_str();
  plan.limits = words.limits;
  plan.set_ids = execution.set_ids;
  plan.uid = execution.uid;
  plan.gid = execution.gid;
  plan.groups = execution.groups;
  plan.umask_value = static_cast<std::int32_t>(execution.umask.value_or(022));
  plan.set_nice = execution.nice.has_value();
  plan.nice_value = execution.nice.value_or(0);
  plan.set_oom_score = execution.oom_score_adjust.has_value() || !inheritance_.oom_score_is_zero;
  plan.oom_score = execution.oom_score_adjust.value_or(0);
  if (launch.cgroup) plan.cgroup = launch.cgroup->fd();
  plan.pid_at = launch.pid_at;
  plan.local_executable = is_local(executable);
  return plan;
}

std::expected<os::Fd, LaunchFailure> Launcher::open_stdin(const model::Execution& execution) {
  const auto step = os::SpawnStep::descriptors;
  switch (execution.stdin_from) {
    case model::StdinFrom::null:
    case model::StdinFrom::inherit: return os::Fd{};
    case model::StdinFrom::file: {
      auto file = os::open_file(execution.stdin_value, os::OpenFor::read);
      if (!file) return failed(step, std::move(file).error());
      return std::move(*file);
    }
    case model::StdinFrom::text: break;
  }
  auto memory = os::create_sealed("stayd-stdin", execution.stdin_value);
  if (!memory) return failed(step, std::move(memory).error());
  // Opened anew: read-only, and from its beginning.
  auto reopened =
      os::open_file("/proc/self/fd/" + std::to_string(memory->number()), os::OpenFor::read);
  return reopened ? std::move(*reopened) : std::move(*memory);
}

/// The kernel gives the lowest free number: a high one says that the others are taken.
Status Launcher::has_room(const RunOutputs& outputs) const {
  const int highest = std::max(outputs.out.number(), outputs.err.number());
  if (highest < 0) return {};
  const std::uint64_t limit = os::descriptor_limit();  // now: prlimit(1) may have changed it
  if (static_cast<std::uint64_t>(highest) + model::reserved_descriptors(limit) < limit) return {};
  return os::error_of(EMFILE, "making its pipes");
}

std::expected<os::Spawned, LaunchFailure> Launcher::outcome(const os::SpawnPlan& plan,
                                                            Result<os::Spawned> spawned) {
  if (spawned) return std::move(*spawned);
  const os::SpawnStep step = plan.failed_step;
  auto failure =
      failed(step == os::SpawnStep::none ? os::SpawnStep::clone : step, std::move(spawned).error());
  failure.error().what.detail = plan.failed_detail;
  return failure;
}

std::expected<PreparedStart, LaunchFailure> Launcher::prepare(
    std::shared_ptr<const model::Service> service, Launch launch) {
  if (const auto null = null_device(); !null)
    return failed(os::SpawnStep::descriptors, null.error());
  auto input = open_stdin(service->execution);
  if (!input) return std::unexpected(std::move(input).error());
  auto outputs = logs_.open(launch.instance, launch.run, *service);
  if (!outputs) return failed(os::SpawnStep::descriptors, std::move(outputs).error());
  if (const auto room = has_room(*outputs); !room)
    return failed(os::SpawnStep::descriptors, room.error());
  return PreparedStart{std::move(service), std::move(launch), std::move(*input),
                       std::move(*outputs)};
}

void Launcher::begin(PreparedStart prepared) {
  ENSURE(count_ < most_under_way);
  UnderWay& now = under_way_[(first_ + count_) % most_under_way];
  now.start.emplace(std::move(prepared));
  const auto& [held, launch, input, outputs] = *now.start;
  const model::Service& service = *held;
  const bool inherits = service.execution.stdin_from == model::StdinFrom::inherit;
  const os::FdView in = input.valid() ? input.view() : inherits ? os::FdView(0) : null_.view();
  const os::FdView out = outputs.out.valid() ? outputs.out.view() : null_.view();
  const os::FdView err = outputs.err.valid() ? outputs.err.view() : out;
  now.descriptors = {{{in, 0}, {out, 1}, {err, 2}, {launch.ready_pipe.view(), service.ready.fd}}};

  make_environment(service, launch, now.words);
  make_arguments(service.execution.command, now.words);
  now.plan = make_plan(service, launch, service.execution.executable, now.words);
  now.plan.descriptors = std::span(now.descriptors).first(launch.ready_pipe.valid() ? 4 : 3);
  spawner_.begin(now.plan);
  ++count_;
}

std::expected<os::Spawned, LaunchFailure> Launcher::finish(PreparedStart& begun) {
  ENSURE(count_ > 0);
  UnderWay& ended = under_way_[first_];
  first_ = (first_ + 1) % most_under_way;
  --count_;
  auto spawned = outcome(ended.plan, spawner_.finish());
  begun = *std::exchange(ended.start, std::nullopt);
  return spawned;
}

std::expected<os::Spawned, LaunchFailure> Launcher::command(const model::Service& service,
                                                            const Launch& launch,
                                                            std::span<const std::string> arguments,
                                                            os::FdView output) {
  const auto null = null_device();
  if (!null) return failed(os::SpawnStep::descriptors, null.error());
  const os::FdView out = output.valid() ? output : *null;
  const std::array<os::PlannedDescriptor, 3> descriptors{{{*null, 0}, {out, 1}, {out, 2}}};
  Words words;
  make_environment(service, launch, words);
  make_arguments(arguments, words);
  os::SpawnPlan plan = make_plan(service, launch, arguments.front(), words);
  plan.descriptors = descriptors;
  return outcome(plan, spawner_.spawn(plan));
}

}  // namespace stayd::runtime
