// SPDX-License-Identifier: Apache-2.0
// What a configuration means: plain, validated structs without a trace of the syntax they came
// from.
//
// The command line parses a file into a Spec, resolves every name in it (users, executables,
// dependencies, paths), and hands it to the supervisor as a sealed byte form (spec_codec.h). The
// supervisor parses no text. A Spec that decodes is well-formed in every field; what relates one
// service to another (cycles, unknown names) has been refused by the reader.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace stayd::model {

enum class ServiceType : std::uint8_t { daemon, task, group };

enum class RestartPolicy : std::uint8_t { always, on_failure, never };

struct Restart {
  RestartPolicy policy = RestartPolicy::always;
  Duration delay = milliseconds(100);
  double factor = 2.0;
  Duration max_delay = seconds(30);
  double jitter = 0.10;                ///< share of the delay, 0 to 1, added or taken at random
  Duration reset_after = seconds(10);  ///< a run of at least this length is a healthy one
  std::uint32_t limit = 0;             ///< restarts within limit_interval; 0: no limit
  Duration limit_interval = seconds(60);
  std::vector<std::uint8_t> success_codes{0};
  std::vector<std::uint8_t> never_on{
      78};  ///< exit codes which are not worth a retry (sysexits EX_CONFIG)
};

/// How to find out that a run is ready (or healthy).
enum class ProbeKind : std::uint8_t {
  none,
  notify,
  fd,
  tcp,
  unix_socket,
  http,
  exec,
  file,
  delay,
  log
};

struct Probe {
  ProbeKind kind = ProbeKind::none;
  std::int32_t fd = 3;  ///< ProbeKind::fd: the number in the service, 3 to 63
  std::string target;   ///< tcp "127.0.0.1:8080" or "[::1]:80"; unix and file: absolute path;
                        ///< http: the whole URL; log: the regular expression
  std::uint16_t http_status = 200;
  std::vector<std::string> command;  ///< exec: argv, [0] an absolute path
  Duration delay{};
  Duration timeout = seconds(60);         ///< ready: the start has failed after this long; 0: never
  Duration interval = milliseconds(100);  ///< between two tries of a probe
};

/// When an edge is satisfied.
enum class Condition : std::uint8_t { started, ready, done };

enum class EdgeKind : std::uint8_t {
  requires_,  ///< starts it too; waits for its condition; stops with it
  wants,      ///< starts it too; waits for its condition, but goes on without it when it failed
  after,      ///< if both are starting, waits for its condition; stops before it
  conflicts,  ///< starting one stops the other
  part_of,    ///< stops and restarts with it
};

/// `before` is stored as `after` of the other service.
struct Dependency {
  EdgeKind kind = EdgeKind::after;
  ServiceId on{};
  Condition condition = Condition::ready;
};

/// To whom stop-signal goes first.
enum class StopTo : std::uint8_t { group, main, all };

struct Stop {
  std::int32_t signal = 15;
  StopTo to = StopTo::group;
  Duration timeout = seconds(10);    ///< then SIGKILL to everything the service still has
  std::vector<std::string> command;  ///< stop-command: argv or empty
};

/// What `stayd reload` does: a command, else a signal, else it is refused.
struct Reload {
  std::int32_t signal = 0;
  std::vector<std::string> command;
};

/// One RLIMIT_*; ~0 is "unlimited".
struct ResourceLimit {
  std::uint8_t resource = 0;  ///< the kernel's number (getrlimit(2))
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

enum class StdinFrom : std::uint8_t { null, inherit, file, text };

/// Everything that the child is to be, resolved: what runtime puts into a SpawnPlan.
struct Execution {
  std::vector<std::string> command;      ///< argv; [0] as the service sees it
  std::string executable;                ///< absolute path that is exec'ed
  std::string directory;                 ///< absolute
  std::vector<std::string> environment;  ///< NAME=VALUE, complete but for what differs by run
                                         ///< (STAYD_*, NOTIFY_SOCKET, PORT)
  bool has_instance_text = false;        ///< texts of the service differ by instance: for_instance
  bool set_ids = false;                  ///< uid, gid and groups below are to be set
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;   ///< supplementary
  std::string user_name;               ///< for messages
  std::optional<std::uint32_t> umask;  ///< none: 022
  std::optional<std::int32_t> nice;
  std::optional<std::int32_t> oom_score_adjust;
  std::vector<ResourceLimit> limits;
  StdinFrom stdin_from = StdinFrom::null;
  std::string stdin_value;      ///< path or text
  std::uint16_t port_base = 0;  ///< Procfile: PORT = port_base + replica - 1; 0: none
};

enum class StderrTo : std::uint8_t { separate, merge };
enum class OnFull : std::uint8_t { drop_oldest, block, drop_newest };
enum class LogFormat : std::uint8_t { prefix, plain, json };
/// Where the time of a line stands: in the index beside the text, or in front of it.
enum class Timestamps : std::uint8_t { index, iso, tai64n };
enum class Compress : std::uint8_t { none, zstd };

struct Log {
  bool to_file = true;
  bool to_console = false;
  StderrTo stderr_to = StderrTo::separate;
  std::uint64_t max_size = 16u << 20;  ///< bytes of a segment, at least 64 KiB
  std::uint32_t max_files = 8;         ///< closed segments kept, at least 1
  OnFull on_full = OnFull::drop_oldest;
  LogFormat format = LogFormat::prefix;  ///< json: of files too
  Timestamps timestamps = Timestamps::index;
  bool to_syslog = false;
  bool to_journal = false;
  std::uint8_t facility = 3;     ///< of syslog(3), 0 to 23; 3: daemon
  std::string tag;               ///< of syslog and journal; empty: the instance's name
  std::uint64_t rate_limit = 0;  ///< bytes a second; 0: none
  std::uint64_t rate_burst = 0;  ///< bytes that may come at once beyond that; 0: as rate_limit
  Compress compress = Compress::zstd;  ///< closed segments
  Duration max_age;                    ///< how long text is kept; 0: as long as the others allow
  std::uint64_t max_total = 0;         ///< bytes of all of the instance's files; 0: no limit
  std::vector<std::string> exec;  ///< a command that gets it on its standard input; [0] absolute

  /// Whether it goes anywhere.
  [[nodiscard]] bool is_kept() const {
    return to_file || to_console || to_syslog || to_journal || !exec.empty();
  }
};

struct Service {
  std::string name;
  std::string description;
  ServiceType type = ServiceType::daemon;
  bool enabled = true;
  bool numbered = false;  ///< instances are NAME@1..replicas; else one, called NAME
  std::uint32_t replicas = 1;
  Execution execution;
  Restart restart;
  Probe ready;
  Stop stop;
  Reload reload;
  Log log;
  std::vector<Dependency> dependencies;
  std::vector<ServiceId> on_failure;  ///< services to start when this one has failed for good
  bool on_failure_shutdown = false;
  bool essential = false;  ///< the supervisor ends with its exit code when it ends for good

  /// Whether anybody looks at what it prints.
  [[nodiscard]] bool has_outputs() const { return log.is_kept() || ready.kind == ProbeKind::log; }
};

enum class WhenSupervisorDies : std::uint8_t { kill, recover };
enum class ExitWhen : std::uint8_t { never, all_done, any_exits, any_fails };

struct Supervisor {
  std::string name;         ///< of folders, cgroup and process titles
  std::string title;        ///< what a person sees first: the configuration's folder
  std::string config_path;  ///< absolute; empty for `stayd run`
  std::string runtime_dir;  ///< absolute, as are the next two
  std::string state_dir;
  std::string log_dir;
  Duration shutdown_timeout = seconds(30);
  std::uint32_t max_parallel_starts = 0;  ///< 0: no limit
  WhenSupervisorDies when_supervisor_dies = WhenSupervisorDies::kill;
  ExitWhen exit_when = ExitWhen::never;
  bool foreground =
      false;  ///< TERM -> exit code 0, INT -> 130; console output has a terminal behind it
  bool pass_status = false;  ///< `stayd run`: ends with the one service's own status
  std::vector<std::uint32_t> operator_uids, operator_gids, viewer_uids, viewer_gids;
  std::uint64_t log_max_total = 0;            ///< bytes of all files below log_dir; 0: no limit
  bool events = true;                         ///< what happens is recorded (docs/events.md)
  std::uint64_t events_max_size = 16u << 20;  ///< bytes of a file of them
  std::uint32_t events_max_files = 8;         ///< closed files kept
};

struct Spec {
  Supervisor supervisor;
  std::vector<Service> services;  ///< by ServiceId, in the order of the file
};

/// Limits, so that no forged blob and no typing error makes more than a machine can hold.
inline constexpr std::uint32_t most_services = 20'000;
inline constexpr std::uint32_t most_replicas = 10'000;    ///< of one service
inline constexpr double most_factor = 1'000;              ///< Restart::factor, which is at least 1
inline constexpr std::uint64_t least_segment = 64 << 10;  ///< Log::max_size, bytes
/// Log::max_total, Supervisor::log_max_total, bytes.
inline constexpr std::uint64_t least_log_total = 4 * least_segment;

/// "web" or "web@2": the instance's name. `replica` counts from 1.
std::string instance_name(const Service& service, std::uint32_t replica);

/// The service as the instance `replica` has it: where Execution::has_instance_text is set,
/// ${instance}, ${replica} and $$ in command, directory, environment, stdin_value and in the
/// commands and targets of stop, reload and ready are replaced; and PORT is added where port_base
/// is set.
Service for_instance(Service service, std::uint32_t replica);

/// The words used in files, messages and JSON alike ("on-failure", "part-of", ...).
const char* word(ServiceType);
const char* word(RestartPolicy);
const char* word(ProbeKind);
const char* word(Condition);
const char* word(EdgeKind);
const char* word(StopTo);
const char* word(StderrTo);
const char* word(OnFull);
const char* word(LogFormat);
const char* word(Timestamps);
const char* word(Compress);
const char* word(WhenSupervisorDies);
const char* word(ExitWhen);

}  // namespace stayd::model
