// SPDX-License-Identifier: Apache-2.0
// start, stop, restart, reload, kill, wait: one call each, and what became of every instance.
#include "app/cli/outcomes.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "os/clock.h"

namespace stayd::app {
namespace {

using control::Method;
using control::Request;

/// Beyond the supervisor's own timeout, for its answer to come.
constexpr Duration grace = seconds(5);

constexpr Option command_options[] = {
    {.name = "no-wait", .meaning = "return once the command has been noted"},
    {.name = "timeout", .value = "DURATION", .meaning = "give up waiting after this long"},
    {.name = "json", .meaning = "what became of each instance, as one JSON document"},
};
constexpr Option kill_options[] = {
    {.name = "signal", .letter = 's', .value = "SIGNAL", .meaning = "TERM, HUP, 15, ... (TERM)"},
    {.name = "whom",
     .value = "WHOM",
     .meaning = "group (the main process's, the default), main, or all"},
    {.name = "json", .meaning = "what became of each instance, as one JSON document"},
};
constexpr Option wait_options[] = {
    {.name = "for", .value = "CONDITION", .meaning = "ready (the default), stopped, done, or exit"},
    {.name = "timeout", .value = "DURATION", .meaning = "give up after this long, exit code 124"},
    {.name = "json", .meaning = "what became of each instance, as one JSON document"},
};
constexpr std::string_view names_details =
    "NAME is an instance (web@2), a service (web: all of its instances) or a shell glob over both\n"
    "('web@*').";

Trouble misused(const Arguments& given, std::string_view what) {
  return {exit_usage, given.misuse(what).message};
}

/// Asks, waits, prints what became of each.
int carry_out(const Arguments& given, const Request& request) {
  auto session = open_session(given);
  if (!session) return report(session.error());
  const bool waits = request.wait || request.method == Method::wait;
  Duration patience = longest_answer;
  if (waits) patience = request.timeout.ns == 0 ? Duration{} : request.timeout + grace;
  const auto reply = ask(*session, request, patience);
  if (!reply) return report(reply.error());
  const auto shape = given.has("json") ? OutcomeShape::json : OutcomeShape::lines;
  return show_outcomes(*reply, request, shape, os::wall_now());
}

std::expected<Request, Trouble> with_timeout(const Arguments& given, Request request) {
  const auto timeout = given.duration("timeout");
  if (!timeout) return std::unexpected(Trouble{exit_usage, timeout.error().message});
  request.timeout = timeout->value_or(Duration{});
  if (*timeout && (request.timeout.ns <= 0 || request.timeout > control::longest_timeout)) {
    return std::unexpected(misused(given, "--timeout must be more than 0 and at most 10,000 days"));
  }
  return request;
}

int command(const Syntax& syntax, Method method, std::span<char* const> arguments) {
  const auto given = parse_or_explain(syntax, arguments);
  if (!given) return given.error();
  const auto request = with_timeout(
      *given,
      {.method = method, .names = given->operand_strings(), .wait = !given->has("no-wait")});
  return request ? carry_out(*given, *request) : report(request.error());
}

}  // namespace

constinit const Syntax start_syntax{.verb = "start",
                                    .operands = "NAME...",
                                    .options = command_options,
                                    .summary = "starts services and waits until they are ready",
                                    .details = names_details,
                                    .least_operands = 1,
                                    .reach = Reach::supervisor};
constinit const Syntax stop_syntax{
    .verb = "stop",
    .operands = "NAME...",
    .options = command_options,
    .summary = "stops services and waits until nothing of them is left",
    .details = names_details,
    .least_operands = 1,
    .reach = Reach::supervisor};
constinit const Syntax restart_syntax{
    .verb = "restart",
    .operands = "NAME...",
    .options = command_options,
    .summary = "stops services, starts them again and waits until they are ready",
    .details = names_details,
    .least_operands = 1,
    .reach = Reach::supervisor};
constinit const Syntax reload_syntax{
    .verb = "reload",
    .operands = "NAME...",
    .options = command_options,
    .summary = "has services read their own configuration again (reload-command, reload-signal)",
    .details = names_details,
    .least_operands = 1,
    .reach = Reach::supervisor};
constinit const Syntax kill_syntax{
    .verb = "kill",
    .operands = "NAME...",
    .options = kill_options,
    .summary = "sends a signal to services; what is wanted of them stays as it is",
    .details = names_details,
    .least_operands = 1,
    .reach = Reach::supervisor};
constinit const Syntax wait_syntax{
    .verb = "wait",
    .operands = "[NAME...]",
    .options = wait_options,
    .summary = "waits until services are ready, stopped, done, or have ended",
    .details =
        "Without a NAME it waits for all, or for ready: for all that is wanted, a task being "
        "ready\n"
        "when it is done. exit: the run that is there now has ended, whether\n"
        "or not another follows. Exit code 1 when it can no longer come to be.",
    .reach = Reach::supervisor};

int start_main(std::span<char* const> arguments) {
  return command(start_syntax, Method::start, arguments);
}
int stop_main(std::span<char* const> arguments) {
  return command(stop_syntax, Method::stop, arguments);
}
int restart_main(std::span<char* const> arguments) {
  return command(restart_syntax, Method::restart, arguments);
}
int reload_main(std::span<char* const> arguments) {
  return command(reload_syntax, Method::reload, arguments);
}

int kill_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(kill_syntax, arguments);
  if (!given) return given.error();
  Request request{.method = Method::kill, .names = given->operand_strings()};
  if (const auto text = given->value("signal")) {
    const auto signal = parse_signal(*text);
    if (!signal) return report(misused(*given, signal.error().message));
    request.signal = *signal;
  }
  if (const auto text = given->value("whom")) {
    const auto whom = control::whom_from(*text);
    if (!whom) return report(misused(*given, "--whom takes group, main or all"));
    request.whom = *whom;
  }
  return carry_out(*given, request);
}

int wait_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(wait_syntax, arguments);
  if (!given) return given.error();
  Request request{.method = Method::wait, .names = given->operand_strings()};
  if (const auto text = given->value("for")) {
    const auto condition = control::wait_condition(*text);
    if (!condition) return report(misused(*given, "--for takes ready, stopped, done or exit"));
    request.condition = *condition;
  }
  const auto whole = with_timeout(*given, std::move(request));
  return whole ? carry_out(*given, *whole) : report(whole.error());
}

}  // namespace stayd::app
