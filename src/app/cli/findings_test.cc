// SPDX-License-Identifier: Apache-2.0
#include "app/cli/findings.h"

#include <doctest/doctest.h>

namespace stayd::app {
namespace {

Diagnosis sample() {
  return {.kernel = "6.1.0",
          .findings = {{"pidfd", Health::good, "processes are held, not numbers", {}},
                       {"cgroup", Health::lesser, "Permission denied", "by process tree"}}};
}

}  // namespace

TEST_CASE("doctor says what is there, what is not, and what happens instead") {
  CHECK_EQ(render_diagnosis(sample(), {.unicode = true}),
           "stayd " STAYD_VERSION
           " on Linux 6.1.0\n"
           "✓ pidfd   processes are held, not numbers\n"
           "○ cgroup  Permission denied\n"
           "          by process tree\n");
}

TEST_CASE("doctor's JSON has a version") {
  CHECK_EQ(diagnosis_json(sample()),
           "{\"version\":1,\"stayd\":\"" STAYD_VERSION
           "\",\"kernel\":\"6.1.0\",\"findings\":[{\"name\":\"pidfd\",\"health\":\"good\","
           "\"detail\":\"processes are held, not numbers\"},{\"name\":\"cgroup\",\"health\":"
           "\"lesser\",\"detail\":\"Permission denied\",\"consequence\":\"by process tree\"}]}\n");
}

}  // namespace stayd::app
