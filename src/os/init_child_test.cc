// SPDX-License-Identifier: Apache-2.0
#include "os/init_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <csignal>

#include "os/retry.h"

namespace stayd::os {
namespace {

/// Whether a child that calls end_with_parent has the signal at once.
bool signalled_at_once(std::int32_t parent) {
  const pid_t child = ::fork();
  if (child == 0) {
    take_all_signals();
    sigset_t pending{};
    const bool done = end_with_parent(SIGUSR1, parent).has_value();
    if (!done || ::sigpending(&pending) != 0) ::_exit(2);
    ::_exit(sigismember(&pending, SIGUSR1));
  }
  int status = 0;
  retry([&] { return ::waitpid(child, &status, 0); });
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) <= 1);
  return WEXITSTATUS(status) == 1;
}

TEST_CASE("a parent that ended before the kernel was asked to tell is noticed") {
  CHECK_FALSE(signalled_at_once(::getpid()));
  CHECK(signalled_at_once(::getppid()));  // the child's parent once, so to say
}

}  // namespace
}  // namespace stayd::os
