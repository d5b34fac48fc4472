// SPDX-License-Identifier: Apache-2.0
// What a start costs: from the call of spawn until the child was reaped, with so many descriptors
// open (the argument); beside it the same through vfork and exec alone.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/check.h"
#include "os/process.h"
#include "os/signals.h"
#include "os/spawn.h"

namespace {

using namespace stayd;

constexpr const char* program = "/bin/true";
char* const words[] = {const_cast<char*>(program), nullptr};
char* const no_environment[] = {nullptr};

/// The one of this process, made as the supervisor makes it.
os::Spawner& spawner() {
  static os::Spawner the_one = [] {
    ENSURE(os::reset_dispositions().has_value());
    ENSURE(os::raise_descriptor_limit().has_value());
    return os::Spawner::create().value();
  }();
  return the_one;
}

/// As many descriptors of /dev/null.
std::vector<os::Fd> open_many(std::int64_t count) {
  std::vector<os::Fd> many;
  for (std::int64_t n = 0; n < count; ++n)
    many.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return many;
}

void spawn(benchmark::State& state) {
  os::Spawner& with = spawner();
  const std::vector<os::Fd> many = open_many(state.range(0));
  const os::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::array<os::PlannedDescriptor, 3> streams{
      {{null.view(), 0}, {null.view(), 1}, {null.view(), 2}}};
  for ([[maybe_unused]] auto _ : state) {
    os::SpawnPlan plan;
    plan.executable = program;
    plan.arguments = words;
    plan.environment = no_environment;
    plan.descriptors = streams;
    const auto spawned = with.spawn(plan);
    ENSURE(spawned.has_value());
    ::waitpid(spawned->pid, nullptr, 0);
  }
}
BENCHMARK(spawn)->Arg(0)->Arg(1'000)->Arg(4'000)->UseRealTime();

void vfork_and_exec(benchmark::State& state) {
  (void)spawner();
  const std::vector<os::Fd> many = open_many(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    const pid_t pid = ::vfork();
    if (pid == 0) {
      ::execve(program, words, no_environment);
      ::_exit(127);
    }
    ::waitpid(pid, nullptr, 0);
  }
}
BENCHMARK(vfork_and_exec)->Arg(0)->Arg(1'000)->Arg(4'000)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
