// SPDX-License-Identifier: Apache-2.0
// What is told of a spawn that failed, and what can be found out about its executable.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "os/error.h"
#include "os/proc_files.h"
#include "os/spawn_attempt.h"

namespace stayd::os {
namespace {

/// The interpreter named by a script's first line; empty if it is no script.
std::string interpreter_of(const char* path) {
  const Result<std::string> head = read_small_file(FdView(AT_FDCWD), path, 256);
  if (!head || !head->starts_with("#!")) return {};
  const std::string_view line = std::string_view(*head).substr(2, head->find('\n') - 2);
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  const std::string_view word = line.substr(begin);
  return printable(word.substr(0, word.find_first_of(" \t\r\n")));
}

std::string missing_text(const char* path) {
  if (access(path, F_OK) != 0) return error_text(ENOENT);
  const std::string interpreter = interpreter_of(path);
  if (!interpreter.empty())
    return "its interpreter " + interpreter + " does not exist (first line of the file)";
  return "the program exists, but its dynamic loader does not (made for another system?)";
}

std::string denied_text(const char* path) {
  struct stat status{};
  if (stat(path, &status) != 0) return error_text(EACCES);
  if (S_ISDIR(status.st_mode)) return "Permission denied (it is a directory)";
  if (!S_ISREG(status.st_mode)) return "Permission denied (it is not a regular file)";
  if ((status.st_mode & 0111) == 0) return "Permission denied (it has no execute permission)";
  const std::string interpreter = interpreter_of(path);
  if (!interpreter.empty() && access(interpreter.c_str(), X_OK) != 0)
    return "Permission denied (its interpreter " + interpreter + " cannot be executed)";
  return "Permission denied (by its mode or a folder's for this user, or the file system is "
         "mounted "
         "noexec)";
}

std::string execute_text(const char* path, int number) {
  switch (number) {
    case ENOENT: return missing_text(path);
    case EACCES: return denied_text(path);
    case ENOEXEC:
      return "Exec format error (neither a program for this machine nor a script that begins with "
             "#!)";
    case ETXTBSY: return "Text file busy (some process has it open for writing)";
    case E2BIG: return "Argument list too long (arguments and environment together)";
    case ELOOP: return "Too many levels of symbolic links, or of interpreters";
    default: return error_text(number);
  }
}

/// What the failing step was working on.
std::string object_of(const SpawnPlan& plan) {
  const int detail = plan.failed_detail;
  switch (plan.failed_step) {
    case SpawnStep::execute:
      return plan.executable == nullptr ? " the open program" : std::string(" ") + plan.executable;
    case SpawnStep::directory: return std::string(" ") + plan.directory;
    case SpawnStep::signals:
    case SpawnStep::descriptors:
    case SpawnStep::limits:
    case SpawnStep::oom_score:
    case SpawnStep::nice_value: return " " + std::to_string(detail);
    case SpawnStep::group_id:
    case SpawnStep::user_id: return " " + std::to_string(static_cast<std::uint32_t>(detail));
    case SpawnStep::none:
    case SpawnStep::clone:
    case SpawnStep::private_table:
    case SpawnStep::cgroup:
    case SpawnStep::session:
    case SpawnStep::umask_value:
    case SpawnStep::groups:
    case SpawnStep::verify_ids: return {};
  }
  return {};
}

}  // namespace

const char* phrase(SpawnStep step) {
  switch (step) {
    case SpawnStep::none: return "starting";
    case SpawnStep::clone: return "creating the process";
    case SpawnStep::private_table: return "making the descriptor table private";
    case SpawnStep::cgroup: return "entering the cgroup";
    case SpawnStep::signals: return "resetting signal";
    case SpawnStep::session: return "making the session";
    case SpawnStep::descriptors: return "placing descriptor";
    case SpawnStep::limits: return "setting resource limit";
    case SpawnStep::oom_score: return "setting the OOM score";
    case SpawnStep::nice_value: return "setting the nice value";
    case SpawnStep::umask_value: return "setting the umask";
    case SpawnStep::groups: return "setting the supplementary groups";
    case SpawnStep::group_id: return "setting the group";
    case SpawnStep::user_id: return "setting the user";
    case SpawnStep::verify_ids: return "giving up the former user's rights";
    case SpawnStep::directory: return "entering the directory";
    case SpawnStep::execute: return "executing";
  }
  return "";
}

std::string reason(SpawnStep step, int number) {
  if (step == SpawnStep::cgroup && number == killed_at_birth)
    return "what is started in it is killed at once";
  return error_text(number);
}

std::string failure_clause(const SpawnPlan& plan) {
  std::string clause = phrase(plan.failed_step) + object_of(plan) + ": ";
  const bool by_path = plan.failed_step == SpawnStep::execute && plan.executable != nullptr;
  clause += by_path ? execute_text(plan.executable, plan.failed_number)
                    : reason(plan.failed_step, plan.failed_number);
  return clause;
}

bool is_transient(int number) {
  constexpr std::array transient{EAGAIN, ENOMEM, EMFILE, ENFILE, ENOSPC, ETXTBSY, EINTR};
  return std::ranges::find(transient, number) != transient.end();
}

bool is_local(const char* path) {
  // statfs(2); those that <linux/magic.h> does not have are from the kernel's fs/.
  constexpr std::array<std::uint32_t, 16> remote{FUSE_SUPER_MAGIC,        NFS_SUPER_MAGIC,
                                                 SMB_SUPER_MAGIC,         0xff534d42 /* cifs */,
                                                 0xfe534d42 /* smb2 */,   V9FS_MAGIC,
                                                 CEPH_SUPER_MAGIC,        CODA_SUPER_MAGIC,
                                                 AFS_SUPER_MAGIC,         0x6b414653 /* kafs */,
                                                 0x01161970 /* gfs2 */,   OCFS2_SUPER_MAGIC,
                                                 0x0bd00bd0 /* lustre */, 0x0187 /* autofs */,
                                                 0x786f4256 /* vboxsf */, 0x47504653 /* gpfs */};
  struct statfs status{};
  if (statfs(path, &status) != 0) return true;  // exec says why
  return std::ranges::find(remote, static_cast<std::uint32_t>(status.f_type)) == remote.end();
}

}  // namespace stayd::os
