// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "app/cli/launch.h"
#include "app/cli/outcomes.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/epoll.h"
#include "os/pipe.h"
#include "os/poll.h"

namespace stayd::app {
namespace {

/// A keeper of before may just be cleaning up.
constexpr Duration lock_patience = seconds(1);
constexpr Duration readiness_patience = seconds(60);
constexpr Duration grace = seconds(5);

constexpr Option up_options[] = {
    {.name = "detach", .letter = 'd', .meaning = "in the background; returns when all is ready"},
    {.name = "counts",
     .letter = 'm',
     .value = "NAME=N,...",
     .meaning = "how many instances of each service"},
    {.name = "restart", .value = "POLICY", .meaning = "always, on-failure or never, of every one"},
    {.name = "timeout",
     .value = "DURATION",
     .meaning = "with -d: give up waiting after this long (1m), leaving it up; 0s: never"},
};

std::optional<model::RestartPolicy> policy_from(std::string_view word) {
  for (const auto policy : {model::RestartPolicy::always, model::RestartPolicy::on_failure,
                            model::RestartPolicy::never}) {
    if (word == model::word(policy)) return policy;
  }
  return std::nullopt;
}

/// Those that `name` means, or trouble with a hint.
std::expected<std::vector<std::size_t>, Trouble> chosen(const model::Spec& spec,
                                                        std::string_view name) {
  std::vector<std::size_t> found;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < spec.services.size(); ++i) {
    names.push_back(spec.services[i].name);
    if (glob_match(name, spec.services[i].name)) found.push_back(i);
  }
  if (!found.empty()) return found;
  std::string message =
      "there is no service \"" + printable(name, 80) + "\" in " + spec.supervisor.config_path;
  if (const auto near = nearest(name, names.data(), names.size())) {
    message.append(" (did you mean \"").append(*near).append("\"?)");
  }
  return std::unexpected(Trouble{exit_no_such_service, std::move(message)});
}

/// Only the named ones are enabled: what they need is started with them.
std::optional<Trouble> enable_only(model::Spec& spec, const std::vector<std::string_view>& names) {
  if (names.empty()) return std::nullopt;
  std::vector<bool> wanted(spec.services.size());
  for (const auto name : names) {
    const auto found = chosen(spec, name);
    if (!found) return found.error();
    for (const std::size_t i : *found) wanted[i] = true;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) spec.services[i].enabled = wanted[i];
  return std::nullopt;
}

std::expected<LoadOptions, Trouble> load_options(const Arguments& given) {
  LoadOptions options{.file = std::string(given.value("file").value_or("")),
                      .launch = given.has("detach") ? Launch::background : Launch::foreground,
                      .name = std::string(given.value("name").value_or("")),
                      .counts = given.values("counts")};
  if (const auto word = given.value("restart")) {
    options.restart = policy_from(*word);
    if (!options.restart) {
      const auto what =
          "--restart " + printable(*word, 40) + ": expected always, on-failure or never";
      return std::unexpected(Trouble{exit_usage, given.misuse(what).message});
    }
  }
  return options;
}

Trouble not_started(const Error& error) { return {exit_failed, error.message}; }

/// The keeper's report: empty when the supervisor answers, else why it never will. What it says on
/// standard error meanwhile is passed on.
std::string await_report(const BackgroundKeeper& keeper) {
  std::string report;
  std::array<char, 4096> piece;
  os::FdView messages = keeper.messages.view();
  while (true) {
    os::Polled watched[] = {{keeper.report.view(), os::readable}, {messages, os::readable}};
    if (const auto polled = os::poll(watched, Duration{-1}); !polled) return polled.error().message;
    if (watched[1].ready != 0) {
      const auto count = os::read_some(messages, piece);
      if (count && *count != 0) print_error({piece.data(), *count});
      if (!count || *count == 0) messages = os::FdView();
      continue;
    }
    if (watched[0].ready == 0) continue;
    const auto count = os::read_some(keeper.report.view(), piece);
    if (!count || *count == 0) break;
    report.append(piece.data(), *count);
    if (report.ends_with('\n')) break;
  }
  if (report == "started\n") return {};
  if (report.ends_with('\n')) report.pop_back();
  return report.empty() ? "the keeper ended before its supervisor answered" : report;
}

std::vector<std::string> awaited(const model::Spec& spec) {
  std::vector<std::string> names;
  for (const auto& service : spec.services) {
    if (service.enabled && service.type != model::ServiceType::task) names.push_back(service.name);
  }
  return names;
}

/// Until everything enabled is ready, or something of it never will be.
int await_readiness(const std::string& socket, std::vector<std::string> names, Duration timeout) {
  if (names.empty()) return exit_done;
  auto client = control::Client::connect(socket);
  if (!client) return report({exit_failed, client.error().message});
  Session session{.target = {}, .client = std::move(*client)};
  const control::Request request{.method = control::Method::wait,
                                 .names = std::move(names),
                                 .timeout = timeout,
                                 .condition = control::WaitFor::ready};
  const Duration patience = timeout.ns == 0 ? Duration{} : timeout + grace;
  const auto reply = ask(session, request, patience);
  if (!reply) return report(reply.error());
  const int code = outcome_code(*reply);
  if (code != exit_done) show_outcomes(*reply, request, OutcomeShape::lines, os::wall_now());
  return code;
}

int start_in_background(Prepared prepared, std::vector<std::string> names, Duration timeout) {
  const std::string socket = prepared.socket;
  const auto keeper = start_keeper(std::move(prepared));
  if (!keeper) return report(not_started(keeper.error()));
  if (const std::string why = await_report(*keeper); !why.empty()) {
    return report({exit_failed, why});
  }
  return await_readiness(socket, std::move(names), timeout);
}

int start(model::Spec spec, const LoadOptions& options, Duration timeout) {
  auto folders = prepare_folders(spec.supervisor, options.launch, lock_patience);
  if (!folders) return report(not_started(folders.error()));
  std::vector<std::string> names;
  if (options.launch == Launch::background) names = awaited(spec);
  auto prepared = prepare(std::move(spec), std::move(*folders));
  if (!prepared) return report(not_started(prepared.error()));
  if (options.launch == Launch::background) {
    return start_in_background(std::move(*prepared), std::move(names), timeout);
  }
  return report({exit_own_failure, become_keeper(std::move(*prepared)).message});
}

}  // namespace

constinit const Syntax up_syntax{
    .verb = "up",
    .operands = "[NAME...]",
    .options = up_options,
    .summary = "starts the supervisor of a configuration, and its services",
    .details =
        "In the foreground, unless -d is given: ^C stops everything in order, a second one kills.\n"
        "With names only those are started, and what they need. The configuration is -f FILE, or\n"
        "stayd.toml or Procfile in this folder or one above it.",
    .reach = Reach::supervisor};

int up_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(up_syntax, arguments);
  if (!given) return given.error();
  const auto timeout = given->duration("timeout");
  if (!timeout) return report({exit_usage, timeout.error().message});
  const auto options = load_options(*given);
  if (!options) return report(options.error());
  auto loaded = load_configuration(*options);
  show_problems(loaded ? loaded->warnings : loaded.error());
  if (!loaded) return code_of(loaded.error());
  if (const auto trouble = enable_only(loaded->spec, given->operands())) return report(*trouble);
  return start(std::move(loaded->spec), *options, timeout->value_or(readiness_patience));
}

}  // namespace stayd::app
