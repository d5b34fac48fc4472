// SPDX-License-Identifier: Apache-2.0
#include "runtime/phase_words.h"

#include <doctest/doctest.h>

namespace stayd::runtime {
namespace {

using core::Phase;

core::LastExit exited(std::uint8_t code, Duration after) {
  core::LastExit exit;
  exit.kind = core::ExitKind::code;
  exit.value = code;
  exit.ran_for = after;
  return exit;
}

TEST_CASE("ends are told as they were") {
  CHECK(end_words(exited(1, milliseconds(80))) == "exited with 1 after 80ms");
  core::LastExit killed;
  killed.kind = core::ExitKind::signal;
  killed.value = 11;
  killed.core_dumped = true;
  killed.ran_for = seconds(62);
  CHECK(end_words(killed) == "was killed by SEGV after 1m 2s (core dumped)");
  core::LastExit lost;
  lost.kind = core::ExitKind::unknown;
  CHECK(end_words(lost) == "ended while no supervisor was there to see how");
}

TEST_CASE("a restart says when") {
  core::InstanceState state;
  state.phase = Phase::backoff;
  state.last_exit = exited(1, milliseconds(80));
  state.deadlines[0] = Instant{} + milliseconds(200);
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}) ==
        "web exited with 1 after 80ms, restarting in 200ms");
  state.phase = Phase::preparing;
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}) ==
        "web exited with 1 after 80ms, restarting now");
  state.reason = core::Reason::operator_restart;
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}).empty());
}

TEST_CASE("what stays down says why in plain words") {
  core::InstanceState state;
  state.phase = Phase::failed;
  state.last_exit = exited(1, milliseconds(80));
  const auto words = [&](core::Reason reason) {
    state.reason = reason;
    return phase_words("web", Phase::cleaning, state, Instant{});
  };
  CHECK(words(core::Reason::policy_no_restart) ==
        "web failed: exited with 1 after 80ms, which its restart policy takes as final");
  CHECK(words(core::Reason::restart_limit) ==
        "web failed: exited with 1 after 80ms, too many restarts, it stays down");
  CHECK(words(core::Reason::never_restart_code) ==
        "web failed: exited with 1 after 80ms, a code for which it is not restarted");
  state.reason = core::Reason::requirement_failed;
  CHECK(phase_words("web", Phase::waiting, state, Instant{}) ==
        "web failed: what it requires failed or ended");
}

TEST_CASE("what was not ready in time says so, not only how it was stopped") {
  core::InstanceState state;
  state.last_exit.kind = core::ExitKind::signal;
  state.last_exit.value = 15;
  state.last_exit.ran_for = seconds(60);
  state.start_timed_out = true;
  const std::string end = "was not ready in time and was killed by TERM after 1m";
  state.phase = Phase::failed;
  state.reason = core::Reason::policy_no_restart;
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}) ==
        "web failed: " + end + ", which its restart policy takes as final");
  state.phase = Phase::preparing;
  state.reason = core::Reason::ready_timeout;
  state.start_timed_out = false;  // of the new run
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}) == "web " + end + ", restarting now");
  state.phase = Phase::backoff;
  state.reason = core::Reason::restart_delay;
  state.start_timed_out = true;
  state.deadlines[0] = Instant{} + milliseconds(200);
  CHECK(phase_words("web", Phase::cleaning, state, Instant{}) ==
        "web " + end + ", restarting in 200ms");
}

TEST_CASE("what had to be killed says after what") {
  core::InstanceState state;
  state.phase = Phase::stopped;
  state.reason = core::Reason::operator_stop;
  state.last_exit.kind = core::ExitKind::signal;
  state.last_exit.value = 15;
  model::Service service;
  service.stop.timeout = seconds(10);
  const auto words = [&](Phase before) {
    return phase_words("web", before, state, Instant{}, &service);
  };
  CHECK(words(Phase::cleaning) == "web stopped");
  state.stop_timed_out = true;
  CHECK(words(Phase::cleaning) ==
        "web stopped: what it left behind did not end within 10s of TERM and was killed");
  state.last_exit.value = 9;
  CHECK(words(Phase::cleaning) == "web stopped: killed, it did not end within 10s of TERM");
  service.stop.command = {"/bin/true"};
  CHECK(words(Phase::cleaning) ==
        "web stopped: killed, it did not end within 10s of its stop-command");
  CHECK(words(Phase::waiting).empty());
}

TEST_CASE("a restart of what had to be killed says so, too") {
  core::InstanceState state;
  state.phase = Phase::cleaning;
  state.reason = core::Reason::stop_escalated;
  state.last_exit.kind = core::ExitKind::signal;
  state.last_exit.value = 9;
  state.stop_timed_out = true;
  model::Service service;
  service.stop.timeout = seconds(10);
  CHECK(phase_words("web", Phase::stopping, state, Instant{}, &service).empty());
  state.restart_after_stop = true;
  CHECK(phase_words("web", Phase::stopping, state, Instant{}, &service) ==
        "web was killed, it did not end within 10s of TERM");
}

TEST_CASE("a start that cannot be says why") {
  core::InstanceState state;
  state.phase = Phase::failed;
  state.last_failure = {.step = 16, .number = 2};
  const std::string text = phase_words("web", Phase::preparing, state, Instant{});
  CHECK(text.starts_with("cannot start web: "));
  CHECK(text.ends_with("No such file or directory"));
}

TEST_CASE("a start that cannot be names the path") {
  core::InstanceState state;
  state.phase = Phase::backoff;
  state.deadlines[0] = Instant{} + milliseconds(100);
  state.last_failure = {.step = 15, .number = 2};
  model::Service service;
  service.execution.directory = "/x/y";
  service.execution.executable = "/x/y/server";
  CHECK(phase_words("web", Phase::preparing, state, Instant{}, &service) ==
        "cannot start web: entering the directory /x/y: No such file or directory, next try in "
        "100ms");
  state.phase = Phase::failed;
  state.last_failure.step = 16;
  CHECK(phase_words("web", Phase::preparing, state, Instant{}, &service) ==
        "cannot start web: executing /x/y/server: No such file or directory");
}

TEST_CASE("steps on the way are not told") {
  core::InstanceState state;
  state.phase = Phase::cleaning;
  CHECK(phase_words("web", Phase::running, state, Instant{}).empty());
  state.phase = Phase::waiting;
  CHECK(phase_words("web", Phase::stopped, state, Instant{}).empty());
}

}  // namespace
}  // namespace stayd::runtime
