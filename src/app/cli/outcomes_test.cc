// SPDX-License-Identifier: Apache-2.0
#include "app/cli/outcomes.h"

#include <doctest/doctest.h>

#include "app/cli/arguments.h"
#include "app/cli/sample_views_test.h"
#include "app/cli/session.h"

namespace stayd::app {

using control::ReplyContent;
using control::ResultRow;

TEST_CASE("what became of an instance is one line") {
  ResultRow row{.instance = "web@1", .outcome = "running"};
  CHECK_EQ(outcome_line(row, sample_now), "web@1: running");
  row = {.instance = "worker", .outcome = "failed", .has_state = true};
  row.state = worker_in_backoff();
  CHECK_EQ(outcome_line(row, sample_now),
           "worker: failed: exited with 1 after 80ms: \"cannot reach queue\"");
  row.outcome = "timed_out";
  row.state.last_exit.line = {};
  CHECK_EQ(outcome_line(row, sample_now),
           "worker: not in time: it is in backoff, 14th restart in 2s, exited with 1 after 80ms");
  row = {.instance = "db", .outcome = "refused", .message = "it has no reload-command"};
  CHECK_EQ(outcome_line(row, sample_now), "db: refused: it has no reload-command");
}

TEST_CASE("the exit code is of the worst") {
  ReplyContent reply;
  CHECK_EQ(outcome_code(reply), exit_done);
  reply.results = {{.outcome = "stopped"}, {.outcome = "accepted"}, {.outcome = "signalled"}};
  CHECK_EQ(outcome_code(reply), exit_done);
  reply.results.push_back({.outcome = "timed_out"});
  CHECK_EQ(outcome_code(reply), exit_timed_out);
  reply.results.push_back({.outcome = "replaced"});
  CHECK_EQ(outcome_code(reply), exit_failed);
}

TEST_CASE("an error reply has its exit code and its clause") {
  const auto missing = trouble_of({"dev.stayd.Supervisor.NoSuchService", "wbe", "web"});
  CHECK_EQ(missing.exit_code, exit_no_such_service);
  CHECK_EQ(missing.message, "there is no service \"wbe\" (did you mean \"web\"?)");
  CHECK_EQ(trouble_of({"dev.stayd.Supervisor.NotPermitted", "owner", ""}).exit_code,
           exit_not_permitted);
  CHECK_EQ(trouble_of({"dev.stayd.Supervisor.ShuttingDown", "", ""}).exit_code, exit_failed);
}

}  // namespace stayd::app
