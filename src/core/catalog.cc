// SPDX-License-Identifier: Apache-2.0
#include "core/catalog.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace stayd::core {

namespace {

void set_codes(std::array<std::uint32_t, 8>& bits, std::span<const std::uint8_t> codes) {
  for (const std::uint8_t code : codes) bits[code / 32u] |= 1u << (code % 32u);
}

Rules rules_of(const model::Service& service, std::size_t first_instance) {
  Rules rules;
  rules.type = service.type;
  rules.enabled = service.enabled;
  rules.essential = service.essential;
  rules.on_failure_shutdown = service.on_failure_shutdown;
  rules.has_probe = service.ready.kind != model::ProbeKind::none;
  rules.has_stop_command = !service.stop.command.empty();
  rules.has_reload_command = !service.reload.command.empty();
  rules.policy = service.restart.policy;
  rules.stop_to = service.stop.to;
  rules.stop_signal = static_cast<std::uint8_t>(service.stop.signal);
  rules.reload_signal = static_cast<std::uint8_t>(service.reload.signal);
  rules.first_instance = InstanceId{static_cast<std::uint32_t>(first_instance)};
  rules.replicas = service.replicas;
  rules.limit = service.restart.limit;
  rules.factor = static_cast<float>(service.restart.factor);
  rules.jitter = static_cast<float>(service.restart.jitter);
  rules.delay = service.restart.delay;
  rules.max_delay = service.restart.max_delay;
  rules.reset_after = service.restart.reset_after;
  rules.limit_interval = service.restart.limit_interval;
  rules.ready_timeout = service.ready.timeout;
  rules.stop_timeout = service.stop.timeout;
  set_codes(rules.success_codes, service.restart.success_codes);
  set_codes(rules.never_on, service.restart.never_on);
  return rules;
}

template <typename T>
std::span<const T> slice(const std::vector<T>& all, const std::vector<std::uint32_t>& at,
                         std::uint32_t index) {
  return std::span<const T>(all).subspan(at[index], at[index + 1] - at[index]);
}

}  // namespace

void Catalog::add(const model::Service& service) {
  ENSURE(backward_at_.empty());
  if (rules_.empty()) {
    forward_at_.push_back(0);
    on_failure_at_.push_back(0);
  }
  const ServiceId id{service_count()};
  rules_.push_back(rules_of(service, service_of_.size()));
  service_of_.insert(service_of_.end(), service.replicas, id);
  for (const model::Dependency& dependency : service.dependencies)
    forward_.push_back({dependency.kind, dependency.condition, dependency.on});
  forward_at_.push_back(static_cast<std::uint32_t>(forward_.size()));
  on_failure_.insert(on_failure_.end(), service.on_failure.begin(), service.on_failure.end());
  on_failure_at_.push_back(static_cast<std::uint32_t>(on_failure_.size()));
  names_.push_back(service.name);
}

Status Catalog::finish(const model::Supervisor& supervisor) {
  exit_when_ = supervisor.exit_when;
  shutdown_timeout_ = supervisor.shutdown_timeout;
  max_parallel_starts_ = supervisor.max_parallel_starts;
  foreground_ = supervisor.foreground;
  pass_status_ = supervisor.pass_status;
  if (rules_.empty()) {
    forward_at_.push_back(0);
    on_failure_at_.push_back(0);
  }
  TRY(check_edges());
  TRY(check_cycles());
  make_reverse_edges();
  names_ = {};
  return {};
}

Status Catalog::check_edges() const {
  for (std::uint32_t from = 0; from < service_count(); ++from) {
    const std::span<const Edge> edges = slice(forward_, forward_at_, from);
    for (const Edge& edge : edges) {
      if (index_of(edge.other) >= service_count())
        return failure(names_[from] + " depends on a service that is not there (number " +
                       std::to_string(index_of(edge.other)) + ")");
      if (index_of(edge.other) == from) return failure(names_[from] + " depends on itself");
      if (edge.kind != model::EdgeKind::conflicts) continue;
      const auto requires_it = [&](const Edge& e) {
        return e.kind == model::EdgeKind::requires_ && e.other == edge.other;
      };
      if (std::ranges::any_of(edges, requires_it))
        return failure(names_[from] + " requires and conflicts with " +
                       names_[index_of(edge.other)] + ": it could never start");
    }
  }
  for (const ServiceId target : on_failure_)
    if (index_of(target) >= service_count())
      return failure("on-failure names a service that is not there (number " +
                     std::to_string(index_of(target)) + ")");
  return {};
}

/// Depth-first search with a stack of its own: a chain of 10,000 services is legal.
Status Catalog::check_cycles() const {
  enum class Mark : std::uint8_t { unseen, on_path, finished };
  std::vector<Mark> marks(service_count(), Mark::unseen);
  std::vector<std::uint32_t> path, next_edge;
  for (std::uint32_t root = 0; root < service_count(); ++root) {
    if (marks[root] != Mark::unseen) continue;
    path.assign(1, root);
    next_edge.assign(1, forward_at_[root]);
    marks[root] = Mark::on_path;
    while (!path.empty()) {
      if (next_edge.back() == forward_at_[path.back() + 1]) {
        marks[path.back()] = Mark::finished;
        path.pop_back();
        next_edge.pop_back();
        continue;
      }
      const Edge& edge = forward_[next_edge.back()++];
      const std::uint32_t other = index_of(edge.other);
      if (!orders(edge.kind) || marks[other] == Mark::finished) continue;
      path.push_back(other);
      if (marks[other] == Mark::on_path)
        return failure("dependency cycle: " + cycle_text(path) +
                       " (each waits for the next; remove one of these dependencies)");
      marks[other] = Mark::on_path;
      next_edge.push_back(forward_at_[other]);
    }
  }
  return {};
}

/// `path` ends with the service that closes the cycle; what comes before its first mention only led
/// there.
std::string Catalog::cycle_text(std::span<const std::uint32_t> path) const {
  std::string text;
  bool inside = false;
  for (const std::uint32_t index : path) {
    inside = inside || index == path.back();
    if (!inside) continue;
    if (!text.empty()) text += " -> ";
    text += names_[index];
  }
  return text;
}

void Catalog::make_reverse_edges() {
  backward_at_.assign(service_count() + 2, 0);
  for (const Edge& edge : forward_) ++backward_at_[index_of(edge.other) + 2];
  for (std::size_t i = 2; i < backward_at_.size(); ++i) backward_at_[i] += backward_at_[i - 1];
  backward_.resize(forward_.size());
  for (std::uint32_t from = 0; from < service_count(); ++from)
    for (const Edge& edge : slice(forward_, forward_at_, from))
      backward_[backward_at_[index_of(edge.other) + 1]++] = {edge.kind, edge.condition,
                                                             ServiceId{from}};
  backward_at_.pop_back();
}

std::uint32_t Catalog::service_count() const { return static_cast<std::uint32_t>(rules_.size()); }

std::uint32_t Catalog::instance_count() const {
  return static_cast<std::uint32_t>(service_of_.size());
}

const Rules& Catalog::rules(ServiceId id) const { return rules_[index_of(id)]; }

ServiceId Catalog::service_of(InstanceId id) const { return service_of_[index_of(id)]; }

std::uint32_t Catalog::replica_of(InstanceId id) const {
  return index_of(id) - index_of(rules(service_of(id)).first_instance) + 1;
}

std::span<const Edge> Catalog::dependencies(ServiceId id) const {
  return slice(forward_, forward_at_, index_of(id));
}

std::span<const Edge> Catalog::dependents(ServiceId id) const {
  return slice(backward_, backward_at_, index_of(id));
}

std::span<const ServiceId> Catalog::on_failure(ServiceId id) const {
  return slice(on_failure_, on_failure_at_, index_of(id));
}

model::ExitWhen Catalog::exit_when() const { return exit_when_; }
Duration Catalog::shutdown_timeout() const { return shutdown_timeout_; }
std::uint32_t Catalog::max_parallel_starts() const { return max_parallel_starts_; }
bool Catalog::foreground() const { return foreground_; }
bool Catalog::pass_status() const { return pass_status_; }

}  // namespace stayd::core
