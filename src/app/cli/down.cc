// SPDX-License-Identifier: Apache-2.0
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/epoll.h"
#include "os/poll.h"
#include "os/process.h"

namespace stayd::app {
namespace {

constexpr Option down_options[] = {
    {.name = "now", .meaning = "kill everything at once instead of stopping it in order"},
    {.name = "timeout", .value = "DURATION", .meaning = "give up waiting after this long"},
};

std::expected<os::Fd, Trouble> keeper_of(Session& session) {
  control::Request request{.method = control::Method::status, .limit = 1};
  const auto answer = ask(session, request);
  if (!answer) return std::unexpected(answer.error());
  auto process = os::open_process(answer->supervisor.keeper);
  if (!process) return std::unexpected(Trouble{exit_failed, process.error().message});
  return std::move(*process);
}

/// Until the keeper is gone, which is the last of it to go.
int await_end(os::FdView keeper, Duration patience) {
  const Instant deadline = patience.ns == 0 ? Instant::never() : os::now() + patience;
  while (true) {
    os::Polled watched[] = {{keeper, os::readable}};
    const bool for_ever = deadline == Instant::never();
    const Duration left = for_ever ? Duration{-1} : deadline - os::now();
    if (!for_ever && left.ns <= 0) {
      return report({exit_timed_out, "it is still going down after " + format_duration(patience) +
                                         "; stayd status shows what is left"});
    }
    if (const auto polled = os::poll(watched, left); !polled) {
      return report({exit_failed, polled.error().message});
    }
    if (watched[0].ready != 0) return exit_done;
  }
}

}  // namespace

constinit const Syntax down_syntax{
    .verb = "down",
    .options = down_options,
    .summary = "stops every service in reverse order, and the supervisor",
    .details = "Returns when all of it is gone.",
    .most_operands = 0,
    .reach = Reach::supervisor};

int down_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(down_syntax, arguments);
  if (!given) return given.error();
  const auto timeout = given->duration("timeout");
  if (!timeout) return report({exit_usage, timeout.error().message});
  auto session = open_session(*given);
  if (!session) return report(session.error());
  const auto keeper = keeper_of(*session);
  if (!keeper) return report(keeper.error());
  control::Request request{.method = control::Method::shutdown};
  if (given->has("now")) request.mode = control::ShutdownMode::now;
  const auto answer = ask(*session, request);
  if (!answer) return report(answer.error());
  return await_end(keeper->view(), timeout->value_or(Duration{}));
}

}  // namespace stayd::app
