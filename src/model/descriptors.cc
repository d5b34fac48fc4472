// SPDX-License-Identifier: Apache-2.0
#include "model/descriptors.h"

namespace stayd::model {
namespace {

constexpr std::uint64_t slots = table_slots - 3;
// 26 are open while the first pipes are made: standard streams and null, Spec, ledger, executable,
// keeper, epoll, signalfd, timerfd, inotify, control socket, its copy and its reserve, log writer
// and its six, two cgroups, our own log's two. And two clients.
constexpr std::uint64_t own = 28;

}  // namespace

void DescriptorNeed::add(const Service& service) {
  if (service.type == ServiceType::group) return;
  const bool logs = service.has_outputs();
  const std::uint64_t pipes = logs ? (service.log.stderr_to == StderrTo::merge ? 1U : 2U) : 0U;
  const bool listens =
      service.ready.kind == ProbeKind::notify || service.ready.kind == ProbeKind::fd;
  instances += service.replicas;
  of_instances += service.replicas * (1 + pipes + (listens ? 1U : 0U));
}

std::uint64_t DescriptorNeed::of_stayd(std::uint64_t limit) {
  return own + (limit >= least_limit_for_slots ? slots : 0) + 2 * open_leaves(limit) +
         reserved_descriptors(limit);
}

std::string DescriptorNeed::refusal(std::uint64_t limit) const {
  return "the configuration does not fit into the limit of open files (RLIMIT_NOFILE): " +
         std::to_string(instances) + (instances == 1 ? " instance needs " : " instances need ") +
         std::to_string(of_instances) + " descriptors, and stayd " +
         std::to_string(of_stayd(limit)) + "; the hard limit is " + std::to_string(limit);
}

}  // namespace stayd::model
