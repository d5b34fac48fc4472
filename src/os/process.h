// SPDX-License-Identifier: Apache-2.0
// Processes by pidfd: watched, signalled and reaped without ever trusting a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "os/fd.h"

namespace stayd::os {

struct ExitStatus {
  std::int32_t pid = 0;
  bool signalled = false;
  bool core_dumped = false;
  std::uint8_t value = 0;  ///< exit code, or signal number
  // getrusage(2) of the process and of those children of it that it waited for itself:
  Duration cpu{};                 ///< user and system time
  std::uint64_t peak_memory = 0;  ///< bytes resident at most, of one process; what the process was
                                  ///< forked from counts too until exec
};

/// pidfd_open(2); works on zombies too. ESRCH when there is no such process.
Result<Fd> open_process(std::int32_t pid);

/// pidfd_send_signal(2). ESRCH: it is gone (also: a zombie was reaped). Never touches a successor.
Status send_signal(FdView process, int signal);
/// To its process group (PIDFD_SIGNAL_PROCESS_GROUP, kernel 6.9; before that kill(-pid), which is
/// safe as long as the leader `pid` has not been reaped, and the caller must guarantee just that).
Status send_signal_to_group(FdView process, std::int32_t pid, int signal);
/// Whether the process group has a member, zombies included: kill(2) with signal 0 sends nothing,
/// and no member can be missed.
bool group_exists(std::int32_t group);

enum class WaitOutcome : std::uint8_t { alive, ended, not_our_child };
struct Waited {
  WaitOutcome outcome = WaitOutcome::alive;
  ExitStatus status;
};
/// waitid(P_PIDFD, WEXITED|WNOHANG|WNOWAIT): looks, does not reap. ECHILD is not_our_child.
Result<Waited> peek_exit(FdView process);
/// Reaps it after peek_exit said ended.
void reap(FdView process);
void reap_pid(std::int32_t pid);
/// peek_exit of a child by its number, which is its own until we reap it.
Waited peek_exit_of(std::int32_t pid);
/// Whether we have a child, alive or not.
bool has_children();
/// The first zombie among our children, not reaped (waitid(P_ALL, WNOWAIT)); none if there is none.
std::optional<ExitStatus> peek_any_exit();
/// A child was stopped by `signal`, or continued (0).
struct StopNotice {
  std::int32_t pid = 0;
  int signal = 0;
};
using ChildChange = std::variant<ExitStatus, StopNotice>;
/// What the first child that changed did: its end, which stays to be reaped and is told again until
/// it is, or a notice, which is told once. None: no child changed.
std::optional<ChildChange> next_child_change();

Status become_subreaper();
Status set_process_group_of_own();
void set_process_name(const char* name);  ///< PR_SET_NAME, at most 15 bytes
/// SIGSTOP to ourselves; returns when somebody has continued us.
void stop_self();
/// How many processors we may run on (sched_getaffinity(2)); at least 1.
unsigned processor_count();
/// Goes on on another processor, if we may run on several; the kernel may move us again at any time
/// (sched_setaffinity(2): a process is moved at once to a processor that it may run on).
void change_processor();
std::int32_t own_pid();
std::int32_t parent_pid();
std::uint32_t own_uid();
/// Our environment, NULL-terminated.
char* const* own_environment();
/// execveat(2) of `executable` (O_PATH) with an empty path. Returns only on failure.
Error execute(FdView executable, char* const* arguments, char* const* environment);
[[noreturn]] void exit_now(int status);
/// Raises the soft RLIMIT_NOFILE to the hard one; the former soft limit, for services.
Result<std::uint64_t> raise_descriptor_limit();
std::uint64_t descriptor_limit();
/// The hard RLIMIT_NOFILE: as far as it can be raised.
std::uint64_t most_descriptors_allowed();
/// RLIMIT_CORE.
struct CoreLimit {
  std::uint64_t soft = 0, hard = 0;
};
/// Sets the soft one to 0; what was there before, for services.
Result<CoreLimit> disable_core_dumps();

/// One line of a process table, from /proc (or what of it is readable).
struct ProcessInfo {
  std::int32_t pid = 0;
  std::int32_t parent = 0;
  std::int32_t group = 0;
  std::int32_t session = 0;
  char state = '?';
  std::uint64_t start_ticks = 0;  ///< since boot, proc(5) field 22
  std::uint64_t cpu_ns = 0;
  std::uint64_t resident_bytes = 0;
  bool has_memory = false;  ///< proc(5) field 23 is 0 without
  std::string name;         ///< comm
  /// A zombie is not: nothing of it is left but its status.
  [[nodiscard]] bool is_alive() const { return state != 'Z' && state != 'X'; }
  /// It has lost its memory, and its environment with that, but still has its files: what is left
  /// of exit in the kernel, however long that takes. (Kernel threads look the same.)
  [[nodiscard]] bool is_ending() const { return is_alive() && !has_memory; }
};
Result<ProcessInfo> process_info(std::int32_t pid);
/// Every process that is visible; empty without /proc.
std::vector<ProcessInfo> all_processes();
struct ProcessList {
  std::vector<ProcessInfo> found;
  /// Ended between being listed and being looked at: one may be what has moved on to a new process.
  std::size_t vanished = 0;
};
ProcessList list_processes();
/// Value of NAME in the environment of `pid` as it was at exec, if readable.
std::optional<std::string> environment_value(std::int32_t pid, std::string_view name);
/// "/a/b" of the cgroup v2 line of /proc/PID/cgroup.
Result<std::string> cgroup_of(std::int32_t pid);
std::string command_line(std::int32_t pid, std::size_t most_bytes = 256);

}  // namespace stayd::os
