// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_line.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"

namespace stayd::app {
namespace {

constexpr Option events_options[] = {
    {.name = "follow",
     .letter = 'f',
     .meaning = "go on as events come, until interrupted (always so: no history is kept yet)"},
    {.name = "json", .meaning = "one JSON object a line"},
};

/// False: nobody reads any more (`events | head`).
bool show(const control::ReplyContent& reply, const Arguments& given, const Style& style) {
  if (reply.skipped != 0) {
    complain(std::to_string(reply.skipped) + " events were skipped: they were read too slowly");
  }
  if (!reply.event) return true;
  return print(given.has("json") ? event_json(*reply.event) : event_line(*reply.event, style));
}

}  // namespace

constinit const Syntax events_syntax{
    .verb = "events",
    .operands = "[NAME...]",
    .options = events_options,
    .summary = "shows what happens from now on: starts, ends, restarts, commands",
    .details = "NAME is an instance, a service or a shell glob; without one, everything.",
    .reach = Reach::supervisor};

int events_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(events_syntax, arguments);
  if (!given) return given.error();
  auto session = open_session(*given);
  if (!session) return report(session.error());
  const control::Request request{
      .method = control::Method::events, .more = true, .names = given->operand_strings()};
  if (const auto sent = session->client.send(request); !sent) {
    return report({exit_no_supervisor, sent.error().message});
  }
  const Style style = style_of(Stream::output);
  while (true) {
    const auto reply = next_reply(*session);
    if (!reply) return report(reply.error());
    if (!show(*reply, *given, style) || !reply->continues) return exit_done;
  }
}

}  // namespace stayd::app
