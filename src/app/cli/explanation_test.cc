// SPDX-License-Identifier: Apache-2.0
#include "app/cli/explanation.h"

#include <doctest/doctest.h>

#include <array>

#include "app/cli/sample_views_test.h"

namespace stayd::app {

TEST_CASE("explain is the chain from what was asked to the root of it") {
  auto db = worker_in_backoff();
  db.service = db.instance = "db";
  db.restarts = 4;
  db.next_start = {sample_now.ns + milliseconds(1'600).ns};
  const std::array causes{control::InstanceView{.service = "web",
                                                .instance = "web",
                                                .phase = "waiting",
                                                .want = "up",
                                                .reason = "requirement-waiting",
                                                .cause = "db",
                                                .condition = "ready"},
                          db};
  CHECK_EQ(render_explanation(causes, sample_now, {}),
           "web is waiting: requires db:ready\n"
           "db is in backoff, 4th restart in 1.6s: exited with 1 after 80ms\n"
           "  last line: cannot reach queue\n");
}

TEST_CASE("what runs tells how its last life ended") {
  auto web = running_sample("web", 7, seconds(660));
  web.restarts = 2;
  web.last_exit = {.kind = control::EndKind::signal,
                   .value = 9,
                   .at = ago(seconds(661)),
                   .run = 6,
                   .ran_for = seconds(5)};
  CHECK_EQ(render_explanation({&web, 1}, sample_now, {}),
           "web is running for 11m: became ready\n"
           "  the run before this one: killed by KILL after 5s, 11m 1s ago; 2 restarts so far\n");
}

TEST_CASE("who stopped it is said") {
  const control::InstanceView web{.instance = "web",
                                  .phase = "stopped",
                                  .want = "down",
                                  .reason = "operator-stop",
                                  .operator_uid = 1000};
  CHECK_EQ(render_explanation({&web, 1}, sample_now, {}), "web is stopped: stopped by uid 1000\n");
}

TEST_CASE("that it was not ready in time is said") {
  auto worker = worker_in_backoff();
  worker.ready_timed_out = true;
  worker.last_exit.line = {};
  CHECK_EQ(render_explanation({&worker, 1}, sample_now, {}),
           "worker is in backoff, 14th restart in 2s: not ready in time and exited with 1 after "
           "80ms\n");
}

TEST_CASE("that it had to be killed is said") {
  const control::InstanceView web{.instance = "web",
                                  .phase = "stopped",
                                  .want = "down",
                                  .reason = "operator-stop",
                                  .stop_timed_out = true,
                                  .operator_uid = 0};
  CHECK_EQ(
      render_explanation({&web, 1}, sample_now, {}),
      "web is stopped: stopped by root; it did not end within its stop-timeout and was killed\n");
}

}  // namespace stayd::app
