// SPDX-License-Identifier: Apache-2.0
#include "config/descriptors.h"

#include <algorithm>

namespace stayd::config {
namespace {

// os/spawn.h: slots 3 to 63 are occupied, but not where the limit is below 256.
constexpr std::uint64_t slots = 64;
constexpr std::uint64_t least_limit_for_slots = 256;
// Standard streams, epoll, signalfd, timerfd, keeper, log writer, control socket and a few clients,
// ledger, Spec, executable, lock, cgroup, and one start or probe at a time.
constexpr std::uint64_t own = 20;

}  // namespace

DescriptorNeed descriptor_need(const model::Spec& spec, std::uint64_t limit) {
  std::uint64_t instances = 0;
  std::uint64_t in_supervisor = 0;
  std::uint64_t in_log_writer = 0;
  for (const model::Service& service : spec.services) {
    if (service.type == model::ServiceType::group) continue;
    const bool logs = service.log.to_file || service.log.to_console;
    const std::uint64_t pipes =
        logs ? (service.log.stderr_to == model::StderrTo::merge ? 1U : 2U) : 0U;
    const bool listens = service.ready.kind == model::ProbeKind::notify ||
                         service.ready.kind == model::ProbeKind::fd;
    instances += service.replicas;
    in_supervisor += service.replicas * (1 + pipes + (listens ? 1U : 0U));
    in_log_writer += service.replicas * pipes;
  }
  return {.instances = instances,
          .of_instances = std::max(in_supervisor, in_log_writer),
          .of_stayd = own + (limit >= least_limit_for_slots ? slots : 0)};
}

}  // namespace stayd::config
