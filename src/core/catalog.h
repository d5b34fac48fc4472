// SPDX-License-Identifier: Apache-2.0
// The part of a configuration that decides: rules and the dependency graph by instance, without
// commands, paths and names. Built once from the services, immutable then.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "model/spec.h"

namespace stayd::core {

/// What the core needs of one service.
struct Rules {
  model::ServiceType type = model::ServiceType::daemon;
  bool enabled = true;
  bool essential = false;
  bool on_failure_shutdown = false;
  bool has_probe = false;  ///< else ready once exec succeeded
  bool has_stop_command = false;
  bool has_reload_command = false;
  model::RestartPolicy policy = model::RestartPolicy::always;
  model::StopTo stop_to = model::StopTo::group;
  std::uint8_t stop_signal = 15;
  std::uint8_t reload_signal = 0;
  InstanceId first_instance{};
  std::uint32_t replicas = 1;
  std::uint32_t limit = 0;
  float factor = 2.0F;
  float jitter = 0.1F;
  Duration delay, max_delay, reset_after, limit_interval, ready_timeout, stop_timeout;
  std::array<std::uint32_t, 8> success_codes{};  ///< bit set over exit codes 0-255
  std::array<std::uint32_t, 8> never_on{};
};

struct Edge {
  model::EdgeKind kind = model::EdgeKind::after;
  model::Condition condition = model::Condition::ready;
  ServiceId other{};  ///< all of its instances
};

class Catalog {
 public:
  /// Services in the order of their ids; `on_failure` targets and dependencies by id.
  void add(const model::Service& service);
  /// Ends the building: makes the reverse edges. Fails on an id out of range, on a service that
  /// requires and conflicts with the same other, and on a cycle of requires, wants and after, which
  /// it names as the path: "web -> db -> web".
  Status finish(const model::Supervisor& supervisor);

  [[nodiscard]] std::uint32_t service_count() const;
  [[nodiscard]] std::uint32_t instance_count() const;
  [[nodiscard]] const Rules& rules(ServiceId id) const;
  [[nodiscard]] ServiceId service_of(InstanceId id) const;
  /// 1-based number of the instance among its service's replicas.
  [[nodiscard]] std::uint32_t replica_of(InstanceId id) const;
  [[nodiscard]] std::span<const Edge> dependencies(ServiceId id) const;
  /// Who depends on it: `other` is the dependent.
  [[nodiscard]] std::span<const Edge> dependents(ServiceId id) const;
  [[nodiscard]] std::span<const ServiceId> on_failure(ServiceId id) const;
  [[nodiscard]] model::ExitWhen exit_when() const;
  [[nodiscard]] Duration shutdown_timeout() const;
  [[nodiscard]] std::uint32_t max_parallel_starts() const;
  [[nodiscard]] bool foreground() const;
  [[nodiscard]] bool pass_status() const;

 private:
  [[nodiscard]] Status check_edges() const;
  [[nodiscard]] Status check_cycles() const;
  [[nodiscard]] std::string cycle_text(std::span<const std::uint32_t> path) const;
  void make_reverse_edges();

  std::vector<Rules> rules_;
  std::vector<ServiceId> service_of_;
  std::vector<Edge> forward_, backward_;
  std::vector<std::uint32_t> forward_at_, backward_at_;
  std::vector<ServiceId> on_failure_;
  std::vector<std::uint32_t> on_failure_at_;
  std::vector<std::string> names_;  ///< for messages; empty once finished
  model::ExitWhen exit_when_ = model::ExitWhen::never;
  Duration shutdown_timeout_{};
  std::uint32_t max_parallel_starts_ = 0;
  bool foreground_ = false;
  bool pass_status_ = false;
};

/// Edges along which starts are ordered, and stops in reverse.
constexpr bool orders(model::EdgeKind kind) {
  return kind == model::EdgeKind::requires_ || kind == model::EdgeKind::wants ||
         kind == model::EdgeKind::after;
}
/// Edges along which a start goes on to the other service.
constexpr bool pulls(model::EdgeKind kind) {
  return kind == model::EdgeKind::requires_ || kind == model::EdgeKind::wants;
}

}  // namespace stayd::core
