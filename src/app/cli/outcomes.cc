// SPDX-License-Identifier: Apache-2.0
#include "app/cli/outcomes.h"

#include <algorithm>

#include "app/cli/arguments.h"
#include "app/cli/describe.h"
#include "app/cli/output.h"
#include "base/text.h"
#include "control/json_writer.h"
#include "control/reply.h"

namespace stayd::app {
namespace {

using control::ReplyContent;
using control::Request;
using control::ResultRow;

enum class Verdict : std::uint8_t { well, timed_out, badly };

Verdict verdict_of(const ResultRow& row) {
  if (row.outcome == "timed_out") return Verdict::timed_out;
  const bool bad = row.outcome == "failed" || row.outcome == "refused" || row.outcome == "replaced";
  return bad ? Verdict::badly : Verdict::well;
}

std::string word_of(const ResultRow& row) {
  if (row.outcome == "timed_out") return "not in time";
  if (row.outcome == "replaced") return "a later command wants something else";
  return printable(row.outcome);
}

/// What Wait waited for, as a word for what has come to be.
std::string_view awaited_word(control::WaitFor condition) {
  switch (condition) {
    case control::WaitFor::ready: return "ready";
    case control::WaitFor::stopped: return "stopped";
    case control::WaitFor::done: return "done";
    case control::WaitFor::exit: return "ended";
  }
  __builtin_unreachable();
}

std::string detail_of(const ResultRow& row, WallTime now) {
  if (!row.message.empty()) return printable(row.message);
  if (!row.has_state) return {};
  auto reason = reason_with_line(row.state);
  if (verdict_of(row) == Verdict::timed_out) {
    return "it " + phase_clause(row.state, now) + (reason.empty() ? "" : ", " + reason);
  }
  return reason;
}

void write_result(control::JsonWriter& json, const ResultRow& row) {
  json.begin_object();
  json.text_field("instance", row.instance);
  json.text_field("outcome", row.outcome);
  if (!row.message.empty()) json.text_field("message", row.message);
  if (row.has_state) {
    json.key("state");
    control::write_instance(json, row.state);
  }
  json.end_object();
}

void print_json(const ReplyContent& reply) {
  control::JsonWriter json;
  json.begin_object();
  json.key("results");
  json.begin_array();
  for (const ResultRow& row : reply.results) write_result(json, row);
  json.end_array();
  if (reply.omitted != 0) json.unsigned_field("omitted", reply.omitted);
  json.end_object();
  print(json.take() + "\n");
}

void print_lines(const ReplyContent& reply, const Request& request, WallTime now) {
  std::string good;
  std::string bad;
  for (ResultRow row : reply.results) {
    if (request.method == control::Method::wait && row.outcome == "done")
      row.outcome = awaited_word(request.condition);
    const bool well = verdict_of(row) == Verdict::well;
    (well ? good : bad).append(well ? "" : "stayd: ").append(outcome_line(row, now)).append("\n");
  }
  if (reply.omitted != 0) {
    good.append("and ").append(std::to_string(reply.omitted)).append(" more; see stayd status\n");
  }
  print(good);
  if (bad.empty()) return;
  const auto method = control::full_name(request.method);
  if (method.ends_with("Start") || method.ends_with("Restart")) {
    bad.append("stayd: stayd explain NAME and stayd logs NAME tell more\n");
  }
  bad.pop_back();
  complain(bad);
}

}  // namespace

std::string outcome_line(const ResultRow& row, WallTime now) {
  std::string line = printable(row.instance) + ": " + word_of(row);
  const auto detail = detail_of(row, now);
  if (verdict_of(row) != Verdict::well && !detail.empty()) line.append(": ").append(detail);
  return line;
}

int outcome_code(const ReplyContent& reply) {
  const auto some = [&](Verdict verdict) {
    return std::ranges::any_of(reply.results,
                               [&](const ResultRow& row) { return verdict_of(row) == verdict; });
  };
  if (some(Verdict::badly)) return exit_failed;
  return some(Verdict::timed_out) ? exit_timed_out : exit_done;
}

int show_outcomes(const ReplyContent& reply, const Request& request, OutcomeShape shape,
                  WallTime now) {
  switch (shape) {
    case OutcomeShape::lines: print_lines(reply, request, now); break;
    case OutcomeShape::json: print_json(reply); break;
  }
  return outcome_code(reply);
}

}  // namespace stayd::app
