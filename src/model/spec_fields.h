// SPDX-License-Identifier: Apache-2.0
// The order of a Spec's fields in its byte form, once for writer and reader alike: `fields(io,
// value)` hands each of them to `io`. A new field goes to the end of its struct's list, never
// between two old ones (docs/formats/spec.md).
#pragma once

#include <concepts>
#include <type_traits>

#include "model/spec.h"

namespace stayd::model {

template <typename T, typename Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

// The last enumerator of each: what lies beyond is refused by the reader.
constexpr ServiceType last_of(ServiceType) { return ServiceType::group; }
constexpr RestartPolicy last_of(RestartPolicy) { return RestartPolicy::never; }
constexpr ProbeKind last_of(ProbeKind) { return ProbeKind::log; }
constexpr Condition last_of(Condition) { return Condition::done; }
constexpr EdgeKind last_of(EdgeKind) { return EdgeKind::part_of; }
constexpr StopTo last_of(StopTo) { return StopTo::all; }
constexpr StdinFrom last_of(StdinFrom) { return StdinFrom::text; }
constexpr StderrTo last_of(StderrTo) { return StderrTo::merge; }
constexpr OnFull last_of(OnFull) { return OnFull::drop_newest; }
constexpr LogFormat last_of(LogFormat) { return LogFormat::json; }
constexpr Timestamps last_of(Timestamps) { return Timestamps::tai64n; }
constexpr Compress last_of(Compress) { return Compress::zstd; }
constexpr WhenSupervisorDies last_of(WhenSupervisorDies) { return WhenSupervisorDies::recover; }
constexpr ExitWhen last_of(ExitWhen) { return ExitWhen::any_fails; }

void fields(auto& io, Is<Restart> auto& r) {
  io(r.policy, r.delay, r.factor, r.max_delay, r.jitter, r.reset_after, r.limit, r.limit_interval,
     r.success_codes, r.never_on);
}

void fields(auto& io, Is<Probe> auto& p) {
  io(p.kind, p.fd, p.target, p.http_status, p.command, p.delay, p.timeout, p.interval);
}

void fields(auto& io, Is<Dependency> auto& d) { io(d.kind, d.on, d.condition); }

void fields(auto& io, Is<Stop> auto& s) { io(s.signal, s.to, s.timeout, s.command); }

void fields(auto& io, Is<Reload> auto& r) { io(r.signal, r.command); }

void fields(auto& io, Is<ResourceLimit> auto& l) { io(l.resource, l.soft, l.hard); }

void fields(auto& io, Is<Execution> auto& e) {
  io(e.command, e.executable, e.directory, e.environment, e.has_instance_text);
  io(e.set_ids, e.uid, e.gid, e.groups, e.user_name);
  io(e.umask, e.nice, e.oom_score_adjust, e.limits);
  io(e.stdin_from, e.stdin_value, e.port_base);
}

void fields(auto& io, Is<Log> auto& l) {
  io(l.to_file, l.to_console, l.stderr_to, l.max_size, l.max_files, l.on_full, l.format,
     l.timestamps, l.to_syslog, l.to_journal, l.facility, l.tag, l.rate_limit, l.rate_burst);
  io(l.compress, l.max_age, l.max_total, l.exec);
}

void fields(auto& io, Is<Service> auto& s) {
  io(s.name, s.description, s.type, s.enabled, s.numbered, s.replicas);
  io(s.execution, s.restart, s.ready, s.stop, s.reload, s.log);
  io(s.dependencies, s.on_failure, s.on_failure_shutdown, s.essential);
}

void fields(auto& io, Is<Supervisor> auto& s) {
  io(s.name, s.title, s.config_path, s.runtime_dir, s.state_dir, s.log_dir);
  io(s.shutdown_timeout, s.max_parallel_starts, s.when_supervisor_dies, s.exit_when);
  io(s.foreground, s.pass_status);
  io(s.operator_uids, s.operator_gids, s.viewer_uids, s.viewer_gids);
  io(s.log_max_total);
  io(s.events, s.events_max_size, s.events_max_files);
}

}  // namespace stayd::model
