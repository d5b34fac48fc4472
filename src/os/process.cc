// SPDX-License-Identifier: Apache-2.0
#include "os/process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/check.h"
#include "os/error.h"

namespace stayd::os {
namespace {

constexpr auto by_pidfd = static_cast<idtype_t>(3);  // P_PIDFD (waitid(2), kernel 5.4)
constexpr unsigned to_process_group = 1u << 2;       // PIDFD_SIGNAL_PROCESS_GROUP, kernel 6.9
constexpr int look = WEXITED | WNOHANG | WNOWAIT | __WALL;  // __WALL: adopted ones of any kind

long signal_pidfd(FdView process, int signal, unsigned flags) {
  return syscall(SYS_pidfd_send_signal, process.number(), signal, nullptr, flags);
}

/// The system call has a fifth argument that the C library leaves out (waitid(2)).
long wait_for(idtype_t kind, id_t id, siginfo_t& info, int options, rusage* usage = nullptr) {
  info = {};
  long result = 0;
  do {
    result = syscall(SYS_waitid, kind, id, &info, options, usage);
  } while (result != 0 && errno == EINTR);
  return result;
}

Duration span_of(const timeval& time) { return seconds(time.tv_sec) + microseconds(time.tv_usec); }

ExitStatus status_from(const siginfo_t& info, const rusage& usage) {
  return ExitStatus{.pid = info.si_pid,
                    .signalled = info.si_code != CLD_EXITED,
                    .core_dumped = info.si_code == CLD_DUMPED,
                    .value = static_cast<std::uint8_t>(info.si_status),
                    .cpu = span_of(usage.ru_utime) + span_of(usage.ru_stime),
                    .peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) << 10U};
}

std::string name_of_signal(int signal) { return "signal " + std::to_string(signal); }

}  // namespace

Result<Fd> open_process(std::int32_t pid) {
  const long fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return last_error("cannot open process " + std::to_string(pid));
  return Fd(static_cast<int>(fd));
}

Status send_signal(FdView process, int signal) {
  if (signal_pidfd(process, signal, 0) != 0)
    return last_error("cannot send " + name_of_signal(signal));
  return {};
}

bool group_exists(std::int32_t group) {
  ENSURE(group > 1);
  return ::kill(-group, 0) == 0 || errno == EPERM;
}

Status send_signal_to_group(FdView process, std::int32_t pid, int signal) {
  ENSURE(pid > 1);  // kill(-1) is everything, kill(0) our own group
  if (signal_pidfd(process, signal, to_process_group) == 0) return {};
  if (errno != EINVAL)
    return last_error("cannot send " + name_of_signal(signal) + " to the process group");
  if (::kill(-pid, signal) != 0)
    return last_error("cannot send " + name_of_signal(signal) + " to process group " +
                      std::to_string(pid));
  return {};
}

Result<Waited> peek_exit(FdView process) {
  siginfo_t info{};
  rusage usage{};
  if (wait_for(by_pidfd, static_cast<id_t>(process.number()), info, look, &usage) != 0) {
    if (errno == ECHILD) return Waited{.outcome = WaitOutcome::not_our_child, .status = {}};
    if (errno == EAGAIN) return Waited{};  // a pidfd opened with PIDFD_NONBLOCK
    return last_error("cannot wait for a process");
  }
  if (info.si_pid == 0) return Waited{};
  return Waited{.outcome = WaitOutcome::ended, .status = status_from(info, usage)};
}

Waited peek_exit_of(std::int32_t pid) {
  ENSURE(pid > 0);
  siginfo_t info{};
  rusage usage{};
  if (wait_for(P_PID, static_cast<id_t>(pid), info, look, &usage) != 0)
    return {.outcome = WaitOutcome::not_our_child, .status = {}};
  if (info.si_pid == 0) return {};
  return {.outcome = WaitOutcome::ended, .status = status_from(info, usage)};
}

bool has_children() {
  siginfo_t info{};
  return wait_for(P_ALL, 0, info, look) == 0;
}

void reap(FdView process) {
  siginfo_t info{};
  wait_for(by_pidfd, static_cast<id_t>(process.number()), info, WEXITED | WNOHANG | __WALL);
}

void reap_pid(std::int32_t pid) {
  ENSURE(pid > 0);
  siginfo_t info{};
  wait_for(P_PID, static_cast<id_t>(pid), info, WEXITED | WNOHANG | __WALL);
}

std::optional<ExitStatus> peek_any_exit() {
  siginfo_t info{};
  rusage usage{};
  if (wait_for(P_ALL, 0, info, look, &usage) != 0 || info.si_pid == 0) return std::nullopt;
  return status_from(info, usage);
}

std::optional<ChildChange> next_child_change() {
  siginfo_t info{};
  rusage usage{};
  if (wait_for(P_ALL, 0, info, look | WSTOPPED | WCONTINUED, &usage) != 0 || info.si_pid == 0)
    return std::nullopt;
  const bool is_stop = info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED;
  if (!is_stop && info.si_code != CLD_CONTINUED) return status_from(info, usage);
  const StopNotice notice{.pid = info.si_pid, .signal = is_stop ? info.si_status : 0};
  siginfo_t taken{};
  wait_for(P_PID, static_cast<id_t>(notice.pid), taken, WSTOPPED | WCONTINUED | WNOHANG | __WALL);
  return notice;
}

Status become_subreaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return last_error("cannot become the reaper of descendants");
  return {};
}

Status set_process_group_of_own() {
  if (setpgid(0, 0) != 0) return last_error("cannot make a process group");
  return {};
}

void set_process_name(const char* name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

void stop_self() { ::kill(getpid(), SIGSTOP); }

unsigned processor_count() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;  // EINVAL: more than 1024
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

namespace {

cpu_set_t every_processor() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i) CPU_SET(i, &set);
  return set;
}

/// The wish for these processors is remembered and inherited (kernel 6.2, user_cpus_ptr). Where
/// they are all that our cpuset has there was none, and there must be none: a cpuset may grow.
void allow_processors(const cpu_set_t& wanted) {
  const cpu_set_t every = every_processor();
  cpu_set_t allowed;
  if (::sched_setaffinity(0, sizeof every, &every) == 0 &&
      ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_EQUAL(&allowed, &wanted)) {
    return;
  }
  (void)::sched_setaffinity(0, sizeof wanted, &wanted);
}

}  // namespace

void change_processor() {
  cpu_set_t before;
  if (::sched_getaffinity(0, sizeof before, &before) != 0 || CPU_COUNT(&before) < 2) return;
  const int here = ::sched_getcpu();
  if (here < 0) return;
  auto next = static_cast<std::size_t>(here);
  do {
    next = (next + 1) % CPU_SETSIZE;
  } while (!CPU_ISSET(next, &before));
  cpu_set_t there;
  CPU_ZERO(&there);
  CPU_SET(next, &there);
  if (::sched_setaffinity(0, sizeof there, &there) == 0) allow_processors(before);
}

std::int32_t own_pid() { return getpid(); }
std::int32_t parent_pid() { return getppid(); }
std::uint32_t own_uid() { return getuid(); }

char* const* own_environment() { return environ; }

Error execute(FdView executable, char* const* arguments, char* const* environment) {
  syscall(SYS_execveat, executable.number(), "", arguments, environment, AT_EMPTY_PATH);
  return last_error("cannot execute our own program again").error();
}

void exit_now(int status) { _exit(status); }

Result<std::uint64_t> raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error("cannot read RLIMIT_NOFILE");
  const std::uint64_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error("cannot raise RLIMIT_NOFILE");
  return before;
}

std::uint64_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t most_descriptors_allowed() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

Result<CoreLimit> disable_core_dumps() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return last_error("cannot read RLIMIT_CORE");
  const CoreLimit before{limit.rlim_cur, limit.rlim_max};
  limit.rlim_cur = 0;  // the hard limit stays: services may want cores
  if (setrlimit(RLIMIT_CORE, &limit) != 0) return last_error("cannot disable core dumps");
  return before;
}

}  // namespace stayd::os
