// SPDX-License-Identifier: Apache-2.0
// docs/reference/dev.stayd.Supervisor.varlink, byte for byte (interface_test.cc compares them), and
// the interface of the Varlink protocol itself (varlink.org, "Service").
#include "control/reply.h"

namespace stayd::control {

namespace {

constexpr std::string_view supervisor_interface =
    R"varlink(# The control interface of a supervisor, a Unix socket: RUNTIME-DIR/control.
#
# Times are RFC 3339 in UTC with nanoseconds, durations seconds, sizes bytes. Members are added,
# never renamed; a reader skips those that it does not know. A parameter that a method does not
# have is refused with org.varlink.service.InvalidParameter.
#
# Names are those of instances (web@2), of services (web: all of its instances), or shell globs
# over both ('web@*'). No names at all mean every instance.
#
# Who may: root and the supervisor's owner everything; operators all but Shutdown; viewers
# Status, Wait, Explain and Events. Introspection is for everyone.
interface dev.stayd.Supervisor

# pid is the process that decides, keeper the one that others know and that survives it.
# generation is one more after each take-over. cgroup is absolute, log_dir the folder of the
# logs. containment: cgroup, processes, pid-namespace. shutdown is there while it goes down:
# ordered, now. orphans: processes that were reaped and belonged to no service that could be told.
# trouble: what keeps it from working as it should.
type Supervisor (
  pid: int,
  keeper: int,
  log_writer: int,
  generation: int,
  name: string,
  title: string,
  version: string,
  since: string,
  config: ?string,
  log_dir: ?string,
  cgroup: ?string,
  containment: string,
  shutdown: ?string,
  orphans: ?int,
  trouble: ?string
)

# How the last run ended: code, or signal ("KILL"), or unknown where nobody could tell. oom: the
# kernel killed it for want of memory. line: its last line; filled in by the command
# line, since the supervisor reads no logs.
type LastExit (
  code: ?int,
  signal: ?string,
  unknown: ?bool,
  core: bool,
  oom: bool,
  at: ?string,
  run: int,
  ran_for: float,
  line: ?string
)

# A start that failed before the program ran: errno, the step, and both as a clause.
type Failure (number: int, step: string, text: string)

# phase: stopped, waiting, preparing, starting, running, stopping, cleaning, backoff, failed,
# done. want: up, down. type: daemon, task, group. health: ok, starting, failing. reason: a word
# of docs/STATES.md; cause: the other instance that it speaks of, and condition what is waited
# for there: started, ready, done. run: the number of its present or last life, 0 before the
# first. since: of the phase. kill_at: when a stop becomes a kill. suspended: its main process
# is stopped by a signal. ready_timed_out: that run was not ready within its ready.timeout, and was
# stopped for it. stop_timed_out: that run did not end within its stop-timeout, so that
# what was left of it was killed. orphans: processes of it that were reaped in place of their
# parent, which had left them; counted, as restarts are, since somebody last started it.
# operator_uid, operator_pid: who gave the command that reason speaks of. cgroup: of this run,
# below the supervisor's. memory, cpu_seconds and processes are there when they were asked for
# (usage) and can be had.
type Instance (
  service: string,
  instance: string,
  type: ?string,
  phase: string,
  want: string,
  health: ?string,
  reason: string,
  cause: ?string,
  condition: ?string,
  pid: ?int,
  run: int,
  since: ?string,
  ready_since: ?string,
  next_start: ?string,
  kill_at: ?string,
  restarts: int,
  orphans: ?int,
  suspended: ?bool,
  ready_timed_out: ?bool,
  stop_timed_out: ?bool,
  operator_uid: ?int,
  operator_pid: ?int,
  status_text: ?string,
  log_bytes: ?int,
  trouble: ?string,
  cgroup: ?string,
  memory: ?int,
  cpu_seconds: ?float,
  processes: ?int,
  last_exit: ?LastExit,
  failure: ?Failure
)

# accepted: noted, the caller did not want to wait. replaced: a later command wants something
# else. timed_out: the call's timeout passed; the command itself goes on. refused and failed
# have a message or a state that says why.
type Outcome (
  accepted,
  running,
  done,
  stopped,
  reloaded,
  signalled,
  failed,
  refused,
  replaced,
  timed_out
)

type ActionResult (
  instance: string,
  outcome: Outcome,
  message: ?string,
  state: ?Instance
)

# kind phase: instance went from the phase before to its present one. command: somebody called
# method. refused: somebody lacked right for it. notice: message. Kinds are added.
type Event (
  kind: string,
  at: string,
  before: ?string,
  message: ?string,
  method: ?string,
  names: ?[]string,
  uid: ?int,
  pid: ?int,
  right: ?string,
  instance: ?Instance
)

# group: the main process's process group; main: it alone; all: every process of the instance.
type Whom (group, main, all)

# ready: running. stopped: nothing of it is left. done: a task that ended well. exit: the run
# that is there when the call comes has ended.
type Condition (ready, stopped, done, exit)

type Mode (ordered, now)

# The instances, in the order of the configuration. next is there when more of them follow than
# fit (or than limit): it is to be the after of the next call. usage has the supervisor fill
# memory, cpu_seconds and processes, for at most 64 instances. With more, another reply follows
# at each change, with the instances that changed; skipped instead says how many replies a slow
# reader missed.
method Status(names: ?[]string, usage: ?bool, after: ?string, limit: ?int) -> (
  version: ?int,
  supervisor: ?Supervisor,
  instances: ?[]Instance,
  next: ?string,
  skipped: ?int
)

# With wait, the reply comes when the outcome of each instance is known, or after timeout
# seconds. What is waited for goes on when the caller goes away. omitted: results that had no
# room.
method Start(names: []string, wait: ?bool, timeout: ?float) -> (
  results: []ActionResult,
  omitted: ?int
)

# Nothing of a stopped instance is left, whatever it forked.
method Stop(names: []string, wait: ?bool, timeout: ?float) -> (
  results: []ActionResult,
  omitted: ?int
)

method Restart(names: []string, wait: ?bool, timeout: ?float) -> (
  results: []ActionResult,
  omitted: ?int
)

# Runs the reload command, or sends the reload signal, of the configuration; refused without
# one.
method Reload(names: []string, wait: ?bool, timeout: ?float) -> (
  results: []ActionResult,
  omitted: ?int
)

# Sends signal (1 to 64, TERM by default). What is wanted of the instance stays as it is.
method Kill(names: []string, signal: ?int, whom: ?Whom) -> (
  results: []ActionResult,
  omitted: ?int
)

# Replies when the condition holds for each instance, can no longer come to hold, or after
# timeout seconds. Without names, ready is waited for of each that is wanted. A task that is done
# is ready.
method Wait(names: ?[]string, condition: Condition, timeout: ?float) -> (
  results: []ActionResult,
  omitted: ?int
)

# The instance first, then each time what the one before waits for or was brought down by.
method Explain(name: string) -> (causes: []Instance)

# Only with more: a reply for each event from now on. skipped as in Status.
method Events(names: ?[]string) -> (event: ?Event, skipped: ?int)

# Replies at once; then stops everything in order (or kills it now) and ends. The connection
# ends when the supervisor does.
method Shutdown(mode: ?Mode) -> ()

# nearest: a name that may have been meant.
error NoSuchService (name: string, nearest: ?string)

# right: the one that the caller lacks: viewer, operator, owner.
error NotPermitted (right: string)

# The supervisor is going down.
error ShuttingDown ()

# There is no room; the connection is closed.
error TooManyConnections ()

# What came is no call; the connection is closed.
error MalformedMessage (reason: string)
)varlink";

}  // namespace

std::string_view interface_description() { return supervisor_interface; }

std::string_view service_interface_description() {
  return R"varlink(# What every Varlink service answers.
interface org.varlink.service

method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)varlink";
}

}  // namespace stayd::control
