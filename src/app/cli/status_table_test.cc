// SPDX-License-Identifier: Apache-2.0
#include "app/cli/status_table.h"

#include <doctest/doctest.h>

#include <array>
#include <span>

#include "app/cli/sample_views_test.h"

namespace stayd::app {
namespace {

std::string render(const Style& style) {
  static const auto supervisor = sample_supervisor();
  static const auto instances = sample_instances();
  return render_status(
      {.supervisor = &supervisor, .instances = instances, .now = sample_now, .style = style});
}

}  // namespace

TEST_CASE("status is the table that the reference shows") {
  CHECK_EQ(render({.unicode = true}),
           "stayd · shop · up 3h 12m · 3 of 6 up, 1 done, 1 stopped · 40 MiB · 2.1 % cpu\n"
           "  SERVICE   STATE      HEALTH   SINCE    PID    RESTARTS  MEM     CPU\n"
           "● db        running    ok       3h 12m   4120   0         28M     0.4%\n"
           "● web@1     running    ok       11m      5311   2         6.2M    0.9%\n"
           "● web@2     running    ok       3h 12m   4188   0         6.1M    0.8%\n"
           "◌ worker    backoff    -        1.6s     -      14        -       -       "
           "exited with 1 after 80ms: \"cannot reach queue\"\n"
           "✓ migrate   done       -        3h 12m   -      0         -       -\n"
           "○ debug     stopped    -        -        -      0         -       -\n");
}

TEST_CASE("what is stopped or failed is not up") {
  const auto supervisor = sample_supervisor();
  std::array<control::InstanceView, 2> instances{
      control::InstanceView{
          .instance = "web", .phase = "stopped", .want = "down", .reason = "operator-stop"},
      control::InstanceView{
          .instance = "db", .phase = "failed", .want = "up", .reason = "restart-limit"}};
  const auto head = [&](std::size_t count) {
    const auto text = render_status({.supervisor = &supervisor,
                                     .instances = std::span(instances).first(count),
                                     .now = sample_now,
                                     .style = {}});
    return text.substr(0, text.find('\n'));
  };
  CHECK_EQ(head(1), "stayd - shop - up 3h 12m - 0 of 1 up, 1 stopped");
  CHECK_EQ(head(2), "stayd - shop - up 3h 12m - 0 of 2 up, 1 stopped, 1 failed");
}

TEST_CASE("without Unicode and on a narrow terminal the table has signs and cut lines") {
  const auto text = render({.unicode = false, .width = 90});
  CHECK(text.find("~ worker") != std::string::npos);
  CHECK(text.find("...\n") != std::string::npos);
  CHECK(text.find("reach queue") == std::string::npos);
  CHECK(text.find("●") == std::string::npos);
}

TEST_CASE("colours say what needs a look") {
  const auto text = render({.colours = true, .unicode = true});
  CHECK(text.find("\x1b[32m●\x1b[0m db        \x1b[32mrunning    \x1b[0mok") != std::string::npos);
  CHECK(text.find("\x1b[33m◌\x1b[0m worker") != std::string::npos);
}

TEST_CASE("control bytes of a service do not reach the terminal") {
  auto supervisor = sample_supervisor();
  auto instance = running_sample("web", 7, seconds(1));
  instance.status_text = "\x1b[2Jgone";
  const auto text = render_status({.supervisor = &supervisor,
                                   .instances = {&instance, 1},
                                   .now = sample_now,
                                   .style = {.unicode = true}});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("gone") != std::string::npos);
}

TEST_CASE("the share of a stopping run is of its life, not of its stop") {
  auto instance = running_sample("web", 7, seconds(1'000));
  instance.phase = "stopping";
  instance.since = ago(seconds(1));
  instance.usage = {.known = true, .memory = 1, .cpu = seconds(100)};
  CHECK_EQ(cpu_cell(instance, sample_now), "10.0%");
}

}  // namespace stayd::app
