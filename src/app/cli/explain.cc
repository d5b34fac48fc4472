// SPDX-License-Identifier: Apache-2.0
#include <deque>

#include "app/cli/describe.h"
#include "app/cli/explanation.h"
#include "app/cli/last_lines.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "control/json_writer.h"
#include "control/reply.h"
#include "os/clock.h"

namespace stayd::app {
namespace {

constexpr Option explain_options[] = {
    {.name = "json", .meaning = "the causes as one JSON document, instances as in status --json"},
};

void print_json(const control::ReplyContent& reply) {
  control::JsonWriter json;
  json.begin_object();
  json.key("causes");
  json.begin_array();
  for (const auto& cause : reply.instances) control::write_instance(json, cause);
  json.end_array();
  json.end_object();
  print(json.take() + "\n");
}

/// Where the logs are is the supervisor's word, which Explain does not carry.
std::string log_dir_of(Session& session, const std::string& name) {
  control::Request request{.method = control::Method::status, .names = {name}, .limit = 1};
  const auto reply = ask(session, request);
  if (reply && !reply->supervisor.log_dir.empty()) return std::string(reply->supervisor.log_dir);
  return session.target.log_dir;
}

}  // namespace

constinit const Syntax explain_syntax{
    .verb = "explain",
    .operands = "NAME",
    .options = explain_options,
    .summary = "says why a service is in its present state, and what is behind that",
    .least_operands = 1,
    .most_operands = 1,
    .reach = Reach::supervisor};

int explain_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(explain_syntax, arguments);
  if (!given) return given.error();
  auto session = open_session(*given);
  if (!session) return report(session.error());
  const std::string name(given->operands().front());
  auto reply = ask(*session, {.method = control::Method::explain, .name = name});
  if (!reply) return report(reply.error());
  const auto log_dir = log_dir_of(*session, name);
  std::deque<std::string> words;
  for (auto& cause : reply->instances) {
    words.push_back(is_as_wanted(cause) ? "" : last_words(log_dir, cause));
    cause.last_exit.line = words.back();
  }
  if (given->has("json")) {
    print_json(*reply);
  } else {
    print(render_explanation(reply->instances, os::wall_now(), style_of(Stream::output)));
  }
  return exit_done;
}

}  // namespace stayd::app
