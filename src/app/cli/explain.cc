// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <expected>
#include <string>
#include <utility>
#include <vector>

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
    {.name = "json",
     .meaning = "the causes as one JSON document (one a line for each instance of several)"},
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

struct Chosen {
  std::vector<std::string> instances;
  std::string log_dir;
};

/// The instances that `name` stands for, and where the logs are, which Explain does not say.
std::expected<Chosen, Trouble> choose(Session& session, const std::string& name) {
  const auto reply = ask(session, {.method = control::Method::status, .names = {name}});
  if (!reply) return std::unexpected(reply.error());
  Chosen chosen;
  for (const auto& instance : reply->instances) chosen.instances.emplace_back(instance.instance);
  chosen.log_dir = reply->supervisor.log_dir;
  if (chosen.log_dir.empty()) chosen.log_dir = session.target.log_dir;
  return chosen;
}

std::expected<void, Trouble> explain(Session& session, const std::string& name,
                                     const std::string& log_dir, bool as_json) {
  auto reply = ask(session, {.method = control::Method::explain, .name = name});
  if (!reply) return std::unexpected(reply.error());
  std::deque<std::string> words;
  for (auto& cause : reply->instances) {
    words.push_back(is_as_wanted(cause) ? "" : last_words(log_dir, cause));
    cause.last_exit.line = words.back();
  }
  if (as_json) {
    print_json(*reply);
  } else {
    print(render_explanation(reply->instances, os::wall_now(), style_of(Stream::output)));
  }
  return {};
}

}  // namespace

constinit const Syntax explain_syntax{
    .verb = "explain",
    .operands = "NAME",
    .options = explain_options,
    .summary = "says why a service is in its present state, and what is behind that",
    .details = "Of several instances (web with its replicas, 'web@*') each is explained.",
    .least_operands = 1,
    .most_operands = 1,
    .reach = Reach::supervisor};

int explain_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(explain_syntax, arguments);
  if (!given) return given.error();
  auto session = open_session(*given);
  if (!session) return report(session.error());
  const auto chosen = choose(*session, std::string(given->operands().front()));
  if (!chosen) return report(chosen.error());
  const bool as_json = given->has("json");
  bool is_first = true;
  for (const std::string& name : chosen->instances) {
    if (!std::exchange(is_first, false) && !as_json) print("\n");
    const auto explained = explain(*session, name, chosen->log_dir, as_json);
    if (!explained) return report(explained.error());
  }
  return exit_done;
}

}  // namespace stayd::app
