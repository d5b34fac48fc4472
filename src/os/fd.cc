// SPDX-License-Identifier: Apache-2.0
#include "os/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "os/error.h"
#include "os/process.h"
#include "os/retry.h"

namespace stayd::os {

namespace {

std::string named(const char* what, int number) { return what + std::to_string(number); }

Status change_flags(FdView fd, bool close_on_exec) {
  if (::fcntl(fd.number(), F_SETFD, close_on_exec ? FD_CLOEXEC : 0) != 0) {
    return last_error(named("cannot set the flags of descriptor ", fd.number()));
  }
  return {};
}

/// Something that is open, where no /dev can be counted on; neither read nor write works on it.
Result<Fd> open_placeholder() {
  Fd fd(retry([] { return ::open("/", O_PATH | O_CLOEXEC); }));
  if (!fd.valid()) return last_error("cannot open /");
  return fd;
}

/// False: /proc is not there.
bool close_listed_from(int first) {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return false;
  const int own = ::dirfd(folder);
  while (const dirent* entry = ::readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number >= first && number != own) ::close(number);
  }
  ::closedir(folder);
  return true;
}

void close_counted_from(int first) {
  constexpr rlim_t most = 1 << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = most;
  const int end = static_cast<int>(std::min(limit.rlim_cur, most));
  for (int number = first; number < end; ++number) ::close(number);
}

}  // namespace

void Fd::reset() {
  if (number_ < 0) return;
  const int kept = errno;               // so that an error path may close before it reads errno
  ::close(std::exchange(number_, -1));  // never repeated: Linux has closed it even on EINTR
  errno = kept;
}

Result<Fd> duplicate(FdView fd, int least) {
  Fd copy(::fcntl(fd.number(), F_DUPFD_CLOEXEC, least));
  if (!copy.valid()) return last_error(named("cannot duplicate descriptor ", fd.number()));
  return copy;
}

Result<Fd> duplicate_at(FdView fd, int number) {
  Fd copy(retry([=] { return ::dup3(fd.number(), number, O_CLOEXEC); }));
  if (!copy.valid()) return last_error(named("cannot place a descriptor at ", number));
  return copy;
}

Status keep_over_exec(FdView fd) { return change_flags(fd, false); }

Status close_on_exec(FdView fd) { return change_flags(fd, true); }

Status set_nonblocking(FdView fd) {
  const int flags = ::fcntl(fd.number(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.number(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return last_error(named("cannot make non-blocking: descriptor ", fd.number()));
  }
  return {};
}

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

Status fill_standard_streams() {
  for (int number = 0; number <= 2; ++number) {
    if (is_open(number)) continue;
    // The lowest free number is this one. Kept over exec, as standard streams are.
    int opened = retry([] { return ::open("/dev/null", O_RDWR); });
    if (opened < 0) opened = retry([] { return ::open("/", O_PATH); });
    if (opened < 0) return last_error(named("cannot open /dev/null as descriptor ", number));
  }
  return {};
}

Status occupy(int first, int last) {
  Fd placeholder = TRY(open_placeholder());
  for (;;) {
    Fd copy = TRY(duplicate(placeholder.view(), first));
    if (copy.number() > last) break;
    (void)copy.release();
  }
  // It may have got a number of the range itself: then it stays.
  if (placeholder.number() >= first && placeholder.number() <= last) (void)placeholder.release();
  return {};
}

void enlarge_table(std::uint64_t count) {
  const std::uint64_t size = std::min(count, descriptor_limit());
  if (size > 3) (void)duplicate(FdView(0), static_cast<int>(size - 1));
}

void close_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  if (!close_listed_from(first)) close_counted_from(first);
}

}  // namespace stayd::os
