// SPDX-License-Identifier: Apache-2.0
// A service that does not want to end, for the tests: bomb {sessions|moving|daemon} TASKS UID.
// The bombs have at most TASKS tasks of the user UID (what root's becomes); the daemon says when it
// is there. The main process stays where what it leaves behind is not much like it.
#include <fcntl.h>

#include <cstdlib>
#include <string_view>

#include "os/bomb_test_support.h"

namespace {

using stayd::os::test::BombStyle;
using stayd::os::test::explode;

/// As daemon(7) tells to do it, deaf to every signal that can be ignored.
[[noreturn]] void daemonize() {
  ::setsid();
  if (::fork() > 0) ::_exit(0);
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_IGN);
  if (::write(1, "deaf\n", 5) != 5) ::_exit(1);
  const int null = ::open("/dev/null", O_RDWR);
  for (int number = 0; number < 3; ++number) ::dup2(null, number);
  for (;;) ::pause();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const std::string_view style = arguments[1];
  const auto most = static_cast<rlim_t>(std::atoi(arguments[2]));
  const auto uid = static_cast<uid_t>(std::atoi(arguments[3]));
  if (style == "sessions") explode(BombStyle::sessions, most, uid);
  if (style != "moving" && style != "daemon") return 2;
  if (::fork() == 0) {
    if (style == "moving") explode(BombStyle::moving_target, most, uid);
    daemonize();
  }
  for (;;) ::pause();
}
