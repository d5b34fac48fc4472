// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/cli/describe.h"
#include "app/cli/last_lines.h"
#include "app/cli/output.h"
#include "app/cli/session.h"
#include "app/cli/status_detail.h"
#include "app/cli/status_table.h"
#include "app/cli/usage.h"
#include "app/cli/verbs.h"
#include "control/json_writer.h"
#include "control/names.h"
#include "control/reply.h"
#include "os/clock.h"
#include "os/process.h"

namespace stayd::app {
namespace {

using control::InstanceView;

/// So many are looked up in /proc and cgroup unasked: a few milliseconds.
constexpr std::size_t most_unasked = 200;
constexpr std::size_t most_last_words = 10;
constexpr std::size_t most_processes = 100;
constexpr std::size_t log_lines_shown = 10;

constexpr Option status_options[] = {
    {.name = "watch", .letter = 'w', .meaning = "show it again at each change, until interrupted"},
    {.name = "usage", .meaning = "with memory and cpu, also of more than 200 instances"},
    {.name = "json", .meaning = "as one JSON document, with --watch one a line"},
};

/// On the way from one run to the next, for a moment: nobody is shown how the last one ended.
bool is_passing(const InstanceView& instance) {
  const auto phase = phase_of(instance.phase);
  return phase == core::Phase::preparing || phase == core::Phase::cleaning;
}

/// What the supervisor does not know: usage, and the last words of what has ended.
void complete(StatusAnswer& answer, const Session& session, const Arguments& given) {
  if (given.has("usage") || answer.instances.size() <= most_unasked) {
    fill_usage(answer.supervisor, answer.instances);
  }
  std::string log_dir(answer.supervisor.log_dir);
  if (log_dir.empty()) log_dir = session.target.log_dir;
  std::size_t looked_up = 0;
  for (InstanceView& instance : answer.instances) {
    const bool has_ended = instance.last_exit.kind != control::EndKind::none;
    if (!has_ended || is_as_wanted(instance) || is_passing(instance)) continue;
    if (++looked_up > most_last_words) break;
    answer.words.push_back(last_words(log_dir, instance));
    instance.last_exit.line = answer.words.back();
  }
}

bool print_json(const StatusAnswer& answer) {
  control::JsonWriter json;
  json.reserve(answer.instances.size() * 512 + 1024);
  json.begin_object();
  json.number_field("version", 1);
  json.key("supervisor");
  control::write_supervisor(json, answer.supervisor);
  json.key("instances");
  json.begin_array();
  for (const InstanceView& instance : answer.instances) control::write_instance(json, instance);
  json.end_array();
  json.end_object();
  return print(json.take() + "\n");
}

std::vector<DrawnProcess> drawn(const std::vector<os::ProcessInfo>& processes) {
  std::vector<DrawnProcess> all;
  for (const auto& process : processes) {
    if (all.size() == most_processes) break;
    auto text = os::command_line(process.pid);
    if (text.empty()) text = "(" + process.name + ")";
    all.push_back({process.pid, process.parent, std::move(text), process.state});
  }
  return all;
}

std::string detail_of(const StatusAnswer& answer, const Style& style) {
  const InstanceView& instance = answer.instances.front();
  StatusDetail detail{.supervisor = &answer.supervisor, .instance = &instance};
  detail.now = os::wall_now();
  detail.style = style;
  const auto processes = ProcessFinder(answer.supervisor).find(instance);
  detail.processes = drawn(processes);
  detail.more_processes = processes.size() - detail.processes.size();
  const std::string log_dir(answer.supervisor.log_dir);
  if (log_dir.empty()) return render_detail(detail);
  detail.log_folder = log_dir + "/" + std::string(instance.instance);
  detail.log = last_lines(log_dir, instance.instance, log_lines_shown);
  return render_detail(detail);
}

/// One instance was named, not a group of them.
bool wants_detail(const StatusAnswer& answer, const Arguments& given) {
  return given.operands().size() == 1 && answer.instances.size() == 1 &&
         !control::is_glob(given.operands().front());
}

std::string table_of(const StatusAnswer& answer, const Style& style) {
  return render_status({.supervisor = &answer.supervisor,
                        .instances = answer.instances,
                        .now = os::wall_now(),
                        .style = style});
}

int code_of(const StatusAnswer& answer) {
  return std::ranges::all_of(answer.instances, is_as_wanted) ? exit_done : exit_not_running;
}

std::expected<StatusAnswer, Trouble> gather(Session& session, const Arguments& given) {
  auto answer = ask_status(session, given.operand_strings());
  if (answer) complete(*answer, session, given);
  return answer;
}

/// False: nobody reads any more.
bool show(const StatusAnswer& answer, const Arguments& given, const Style& style,
          std::string_view before) {
  if (given.has("json")) return print_json(answer);
  const auto text =
      wants_detail(answer, given) ? detail_of(answer, style) : table_of(answer, style);
  return print(before.empty() ? text : std::string(before) + text);
}

/// A second connection says when something changed; the table is then asked for anew.
int watch(Session& session, const Arguments& given, const Style& style) {
  auto changes = connect_to(session.target);
  if (!changes) return report(changes.error());
  Session listener{session.target, std::move(*changes)};
  const control::Request subscription{.method = control::Method::status,
                                      .more = true,
                                      .names = given.operand_strings(),
                                      .limit = 1};
  if (const auto sent = listener.client.send(subscription); !sent) {
    return report({exit_failed, sent.error().message});
  }
  const bool redraws = style.width != 0 && !given.has("json");
  while (true) {
    const auto change = next_reply(listener);
    if (!change) return report(change.error());
    const auto answer = gather(session, given);
    if (!answer) return report(answer.error());
    if (!show(*answer, given, style, redraws ? "\x1b[H\x1b[2J" : "")) return exit_done;
  }
}

}  // namespace

constinit const Syntax status_syntax{
    .verb = "status",
    .operands = "[NAME...]",
    .options = status_options,
    .summary = "shows what runs and what does not; with one NAME also its processes and log",
    .details =
        "NAME is an instance (web@2), a service (web) or a shell glob over both ('web@*').\n"
        "\n"
        "Exit codes: 0 everything is as it should be, 3 something is not, 4 there is no such\n"
        "service, 5 there is no supervisor to talk to.\n"
        "\n"
        "CPU is the share of one processor since the run began, as ps(1) counts.",
    .reach = Reach::supervisor};

int status_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(status_syntax, arguments);
  if (!given) return given.error();
  auto session = open_session(*given);
  if (!session) return report(session.error());
  const Style style = style_of(Stream::output);
  if (given->has("watch")) return watch(*session, *given, style);
  const auto answer = gather(*session, *given);
  if (!answer) return report(answer.error());
  show(*answer, *given, style, {});
  // Taking the answer of thousands of instances apart again would cost as much as reading it.
  os::exit_now(ending_with(code_of(*answer)));
}

}  // namespace stayd::app
