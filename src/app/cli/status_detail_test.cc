// SPDX-License-Identifier: Apache-2.0
#include "app/cli/status_detail.h"

#include <doctest/doctest.h>

#include "app/cli/sample_views_test.h"
#include "app/cli/usage.h"

namespace stayd::app {

TEST_CASE("the detail of an instance that runs") {
  const auto supervisor = sample_supervisor();
  auto web = running_sample("web@1", 5311, seconds(660));
  web.restarts = 2;
  web.usage = {.known = true, .memory = 6'530'000, .cpu = milliseconds(5'940), .processes = 3};
  web.last_exit = {.kind = control::EndKind::signal,
                   .value = 9,
                   .at = ago(seconds(662)),
                   .run = 6,
                   .ran_for = seconds(5)};
  const StatusDetail detail{.supervisor = &supervisor,
                            .instance = &web,
                            .processes = {{5313, 5311, "nginx: worker", 'S'},
                                          {5311, 1, "nginx: master", 'S'},
                                          {5312, 5311, "nginx: worker", 'D'}},
                            .log = {"listening on 8080", "GET /\x1b[2J"},
                            .log_folder = "/var/log/stayd/shop/web@1",
                            .now = sample_now,
                            .style = {.unicode = true}};
  CHECK_EQ(render_detail(detail),
           "● web@1 is running for 11m · health ok · shop\n"
           "  why        became ready\n"
           "  process    pid 5311, run 7, 2 restarts\n"
           "  usage      6.2M memory, 0.9% cpu, 3 processes\n"
           "  last exit  killed by KILL after 5s, 11m 2s ago (run 6)\n"
           "  log        /var/log/stayd/shop/web@1\n"
           "\n"
           "  5311 nginx: master\n"
           "  ├─ 5312 nginx: worker (cannot be interrupted)\n"
           "  └─ 5313 nginx: worker\n"
           "\n"
           "  listening on 8080\n"
           "  GET /\\x1b[2J\n");
}

TEST_CASE("what left the tree is shown beside it") {
  CHECK_EQ(draw_processes({{10, 1, "main", 'S'}, {20, 1, "daemon", 'Z'}, {21, 20, "child", 'T'}},
                          "", {}),
           "10 main\n"
           "20 daemon (ended, not reaped)\n"
           "`- 21 child (stopped)\n");
}

TEST_CASE("descendants are found by parent, and nobody else") {
  std::vector<os::ProcessInfo> all(5);
  const std::int32_t numbers[][2] = {{10, 1}, {11, 10}, {12, 11}, {20, 1}, {21, 20}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].pid = numbers[i][0];
    all[i].parent = numbers[i][1];
  }
  const auto found = descendants(all, 10);
  REQUIRE_EQ(found.size(), 3);
  CHECK_EQ(found[2].pid, 12);
  CHECK(descendants(all, 99).empty());
}

}  // namespace stayd::app
