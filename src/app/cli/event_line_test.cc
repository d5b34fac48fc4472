// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_line.h"

#include <doctest/doctest.h>

#include "app/cli/sample_views_test.h"

namespace stayd::app {

TEST_CASE("events read as sentences") {
  control::EventRow phase{.kind = "phase", .before = "running", .at = sample_now};
  phase.has_instance = true;
  phase.instance = worker_in_backoff();
  CHECK_EQ(event_line(phase, {.unicode = true}),
           "2025-11-24T16:00:00.000Z worker running → backoff: exited with 1 after 80ms\n");

  control::EventRow command{.kind = "command", .method = "dev.stayd.Supervisor.Stop"};
  command.at = sample_now;
  command.names = {"web", "db"};
  command.pid = 77;
  CHECK_EQ(event_line(command, {}), "2025-11-24T16:00:00.000Z root (pid 77): Stop web db\n");

  command.kind = "refused";
  command.right = "owner";
  command.uid = 1000;
  CHECK_EQ(event_line(command, {}),
           "2025-11-24T16:00:00.000Z uid 1000 (pid 77) is not permitted to Stop web db: it takes "
           "owner rights\n");

  const control::EventRow notice{.kind = "notice", .message = "took over", .at = sample_now};
  CHECK_EQ(event_line(notice, {}), "2025-11-24T16:00:00.000Z took over\n");
}

TEST_CASE("an event as JSON is the interface's") {
  control::EventRow command{.kind = "command", .method = "dev.stayd.Supervisor.Stop"};
  command.at = sample_now;
  command.names = {"web"};
  command.pid = 77;
  CHECK_EQ(event_json(command),
           "{\"kind\":\"command\",\"at\":\"2025-11-24T16:00:00.000000000Z\",\"method\":"
           "\"dev.stayd.Supervisor.Stop\",\"names\":[\"web\"],\"uid\":0,\"pid\":77}\n");
}

}  // namespace stayd::app
