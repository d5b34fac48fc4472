// SPDX-License-Identifier: Apache-2.0
// What one event costs the core, by the number of instances. All require one service; half of them
// are running, the other half are starting, so that each of these has a deadline in the heap. The
// running ones go in turn, so that a large number is also seen with cold caches, through a life of
// twelve events; one of the twelve is measured. The clock that is read around it is in each figure;
// `clock_alone` says what it costs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/check.h"
#include "core/step.h"

namespace {

using namespace stayd;
using core::EventKind;
using core::Phase;

struct Step {
  EventKind kind;
  Phase then;
};
constexpr std::array<Step, 12> life{{
    {EventKind::main_exited, Phase::cleaning},
    {EventKind::emptied, Phase::preparing},  // after a healthy run: restarted at once
    {EventKind::spawn_failed, Phase::backoff},
    {EventKind::tick, Phase::preparing},
    {EventKind::spawned, Phase::starting},
    {EventKind::became_ready, Phase::running},
    {EventKind::operator_stop, Phase::stopping},
    {EventKind::main_exited, Phase::cleaning},
    {EventKind::emptied, Phase::stopped},
    {EventKind::operator_start, Phase::preparing},
    {EventKind::spawned, Phase::starting},
    {EventKind::became_ready, Phase::running},
}};

core::Catalog catalog_of(std::uint32_t instances) {
  core::Catalog catalog;
  for (std::uint32_t i = 0; i < instances; ++i) {
    model::Service service;
    service.name = "s" + std::to_string(i);
    if (i != 0) {
      service.dependencies = {{model::EdgeKind::requires_, ServiceId{0}, model::Condition::ready}};
      service.ready.kind = model::ProbeKind::notify;
      service.ready.timeout = seconds(3'000'000'000);  // some 95 years: never due here
    }
    catalog.add(service);
  }
  ENSURE(catalog.finish({}).has_value());
  return catalog;
}

class World {
 public:
  explicit World(std::uint32_t instances)
      : instances_(instances), catalog_(catalog_of(instances)), state_(catalog_) {}

  void start() {
    happens({.kind = EventKind::boot});
    for (std::uint32_t i = 0; i < instances_; ++i) {
      happens(about(EventKind::spawned, InstanceId{i}));
      if (i != 0 && i <= instances_ / 2) happens(about(EventKind::became_ready, InstanceId{i}));
    }
  }
  /// The next of those that run; it has been healthy by now.
  InstanceId next() {
    now_ = now_ + seconds(11);
    turn_ = turn_ % (instances_ / 2) + 1;
    return InstanceId{turn_};
  }
  core::Event about(EventKind kind, InstanceId id) {
    core::Event event{.kind = kind, .instance = id, .run = state_.at(id).run, .pid = 1};
    event.transient = true;
    event.failure.number = 11;
    event.exit.kind = core::ExitKind::code;
    if (kind == EventKind::tick) now_ = state_.next_deadline();
    return event;
  }
  void happens(const core::Event& event) {
    outcome_.clear();
    core::step(state_, catalog_, event, now_, outcome_);
  }
  [[nodiscard]] Phase phase(InstanceId id) const { return state_.at(id).phase; }

 private:
  std::uint32_t instances_;
  core::Catalog catalog_;
  core::State state_;
  core::Outcome outcome_;
  Instant now_{1'000'000'000};
  std::uint32_t turn_ = 0;
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void one_event(benchmark::State& state, std::size_t measured) {
  World world(static_cast<std::uint32_t>(state.range(0)));
  world.start();
  for ([[maybe_unused]] auto _ : state) {
    const InstanceId id = world.next();
    for (std::size_t i = 0; i < life.size(); ++i) {
      const core::Event event = world.about(life[i].kind, id);
      const Clock::time_point begin = Clock::now();
      world.happens(event);
      if (i == measured) state.SetIterationTime(seconds_since(begin));
      ENSURE(world.phase(id) == life[i].then);
    }
  }
}

void clock_alone(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) state.SetIterationTime(seconds_since(Clock::now()));
}

/// On a machine that others use too, the least of several repetitions says most.
double least(const std::vector<double>& figures) { return std::ranges::min(figures); }

void sizes(benchmark::internal::Benchmark* made) {
  for (const std::int64_t instances : {10, 100, 1'000, 10'000}) made->Arg(instances);
  made->Iterations(20'000)->UseManualTime()->ComputeStatistics("least", least);
}

BENCHMARK(clock_alone)->Iterations(20'000)->UseManualTime()->ComputeStatistics("least", least);
BENCHMARK_CAPTURE(one_event, main_exited, 0)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, emptied_and_restarted, 1)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, tick, 3)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, spawned, 4)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, became_ready, 5)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, operator_stop, 6)->Apply(sizes);
BENCHMARK_CAPTURE(one_event, operator_start, 9)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
