// SPDX-License-Identifier: Apache-2.0
#include "app/cli/describe.h"

#include <doctest/doctest.h>

#include "app/cli/sample_views_test.h"

namespace stayd::app {

using control::EndKind;
using control::InstanceView;

TEST_CASE("the end of a run in words") {
  CHECK_EQ(exit_clause({}), "");
  CHECK_EQ(exit_clause({.kind = EndKind::code, .value = 1, .ran_for = milliseconds(80)}),
           "exited with 1 after 80ms");
  CHECK_EQ(exit_clause({.kind = EndKind::signal, .value = 11, .core = true, .ran_for = seconds(3)}),
           "killed by SEGV (core dumped) after 3s");
  CHECK_EQ(exit_clause({.kind = EndKind::signal, .value = 9, .oom = true}),
           "killed by the kernel for want of memory");
  CHECK_EQ(exit_clause({.kind = EndKind::unknown}), "ended, nobody saw how");
}

TEST_CASE("every phase and every reason has words") {
  InstanceView instance{.cause = "db", .condition = "ready"};
  for (std::size_t i = 0; i < core::phase_count; ++i) {
    instance.phase = core::word(static_cast<core::Phase>(i));
    CHECK_GT(phase_clause(instance, sample_now).size(), 3);
  }
  for (std::size_t i = 1; i < core::reason_count; ++i) {
    instance.reason = core::word(static_cast<core::Reason>(i));
    CHECK_GT(reason_clause(instance).size(), 3);
  }
}

TEST_CASE("a newer supervisor's words are shown as they are") {
  const InstanceView instance{.phase = "hovering", .reason = "low_tide", .cause = "moon"};
  CHECK_EQ(phase_clause(instance, sample_now), "is hovering");
  CHECK_EQ(reason_clause(instance), "low tide (moon)");
}

TEST_CASE("a failed start says which step failed") {
  const InstanceView instance{.reason = "spawn-failed",
                              .failure = {.number = 1,
                                          .step = "setting the user",
                                          .text = "setting the user: Operation not permitted"}};
  CHECK_EQ(reason_clause(instance), "cannot be started: setting the user: Operation not permitted");
}

TEST_CASE("what is as wanted") {
  CHECK(is_as_wanted({.phase = "running", .want = "up"}));
  CHECK(is_as_wanted({.phase = "done", .want = "up"}));
  CHECK(is_as_wanted({.phase = "stopped", .want = "down"}));
  CHECK_FALSE(is_as_wanted({.phase = "backoff", .want = "up"}));
  CHECK_FALSE(is_as_wanted({.phase = "stopped", .want = "up"}));
  CHECK_FALSE(is_as_wanted({.phase = "failed", .want = "down"}));
}

TEST_CASE("small texts") {
  CHECK_EQ(ordinal(1), "1st");
  CHECK_EQ(ordinal(22), "22nd");
  CHECK_EQ(ordinal(13), "13th");
  CHECK_EQ(ordinal(103), "103rd");
  CHECK_EQ(age({}, sample_now), "-");
  CHECK_EQ(age({sample_now.ns + 5}, sample_now), "0s");
}

}  // namespace stayd::app
