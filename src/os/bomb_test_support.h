// SPDX-License-Identifier: Apache-2.0
// Bounded fork bombs for the tests of rows 13 and 14: they run as an ordinary user whose
// RLIMIT_NPROC is the bound, ignore every signal that can be ignored, and never end on their own.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

namespace stayd::os::test {

enum class BombStyle : unsigned char {
  sessions,       ///< each task in a session of its own, without a living parent
  moving_target,  ///< each task lives only until it has made the next one
};

inline constexpr unsigned bomb_uid = 60'001;

/// `uid`: whose processes are counted; of an ordinary user, who cannot become another, his own.
[[noreturn]] inline void explode(BombStyle style, rlim_t most_tasks, uid_t uid = bomb_uid) {
  const rlimit limit{.rlim_cur = most_tasks, .rlim_max = most_tasks};
  ::setrlimit(RLIMIT_NPROC, &limit);
  if (::getuid() == 0 && (::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0))
    ::_exit(1);
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_IGN);
  for (;;) {
    const pid_t pid = ::fork();
    if (pid < 0) {
      ::usleep(200'000);  // at the bound; a slow machine gets on nonetheless
    } else if (style == BombStyle::moving_target) {
      if (pid > 0) ::_exit(0);
    } else if (pid == 0) {
      ::setsid();
      if (::fork() > 0) ::_exit(0);
    }
  }
}

}  // namespace stayd::os::test
