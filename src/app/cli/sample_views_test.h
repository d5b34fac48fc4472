// SPDX-License-Identifier: Apache-2.0
// The supervisor that docs/reference/cli.md shows.
#pragma once

#include <array>

#include "control/instance_view.h"

namespace stayd::app {

inline constexpr WallTime sample_now{1'764'000'000'000'000'000};

inline WallTime ago(Duration span) { return {sample_now.ns - span.ns}; }

inline control::SupervisorView sample_supervisor() {
  return {.pid = 4101,
          .name = "shop-3fa2c1",
          .title = "shop",
          .since = ago(seconds(3 * 3600 + 12 * 60)),
          .containment = "cgroup"};
}

inline control::InstanceView running_sample(std::string_view name, std::int32_t pid,
                                            Duration span) {
  return {.service = name,
          .instance = name,
          .phase = "running",
          .want = "up",
          .health = "ok",
          .reason = "became-ready",
          .pid = pid,
          .run = 7,
          .since = ago(span),
          .ready_since = ago(span)};
}

inline control::InstanceView worker_in_backoff() {
  return {.service = "worker",
          .instance = "worker",
          .phase = "backoff",
          .want = "up",
          .reason = "restart-delay",
          .run = 15,
          .since = ago(milliseconds(1'600)),
          .next_start = {sample_now.ns + seconds(2).ns},
          .restarts = 14,
          .last_exit = {.kind = control::EndKind::code,
                        .value = 1,
                        .run = 15,
                        .ran_for = milliseconds(80),
                        .line = "cannot reach queue"}};
}

inline std::array<control::InstanceView, 6> sample_instances() {
  const auto long_ago = seconds(3 * 3600 + 12 * 60);
  std::array<control::InstanceView, 6> all{running_sample("db", 4120, long_ago),
                                           running_sample("web@1", 5311, seconds(660)),
                                           running_sample("web@2", 4188, long_ago),
                                           worker_in_backoff(),
                                           control::InstanceView{.service = "migrate",
                                                                 .instance = "migrate",
                                                                 .phase = "done",
                                                                 .want = "up",
                                                                 .reason = "task-done",
                                                                 .since = ago(long_ago)},
                                           control::InstanceView{.service = "debug",
                                                                 .instance = "debug",
                                                                 .phase = "stopped",
                                                                 .want = "down",
                                                                 .reason = "none"}};
  all[0].usage = {.known = true, .memory = 28U << 20U, .cpu = seconds(46), .processes = 3};
  all[1].usage = {.known = true, .memory = 6'530'000, .cpu = milliseconds(5'940), .processes = 1};
  all[1].restarts = 2;
  all[2].usage = {.known = true, .memory = 6'400'000, .cpu = seconds(92), .processes = 1};
  return all;
}

}  // namespace stayd::app
