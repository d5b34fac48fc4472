// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_line.h"

#include "app/cli/describe.h"
#include "app/cli/status_table.h"
#include "base/text.h"
#include "control/json_writer.h"
#include "control/reply.h"

namespace stayd::app {
namespace {

using control::EventRow;

/// To the millisecond: "2026-11-24T06:13:07.123Z".
std::string time_text(WallTime at) {
  auto text = format_rfc3339(at);
  const auto dot = text.find('.');
  if (dot != std::string::npos && text.size() > dot + 4) {
    text.erase(dot + 4, text.size() - dot - 5);
  }
  return text;
}

std::string caller(const EventRow& event) {
  return user_text(event.uid) + " (pid " + std::to_string(event.pid) + ")";
}

/// "Stop web db" of "dev.stayd.Supervisor.Stop" and its names.
std::string command_text(const EventRow& event) {
  std::string text = printable(event.method.substr(event.method.rfind('.') + 1));
  for (const auto name : event.names) text.append(" ").append(printable(name));
  return text;
}

std::string phase_text(const EventRow& event, const Style& style) {
  const auto& instance = event.instance;
  std::string text = printable(instance.instance) + " " + printable(event.before);
  text.append(style.unicode ? " → " : " -> ");
  text.append(phase_colour(instance, style)).append(printable(instance.phase));
  text.append(end_of_colour(style));
  const auto reason = reason_clause(instance);
  return reason.empty() ? text : text + ": " + reason;
}

std::string body(const EventRow& event, const Style& style) {
  if (event.kind == "phase" && event.has_instance) return phase_text(event, style);
  if (event.kind == "command") return caller(event) + ": " + command_text(event);
  if (event.kind == "refused") {
    return caller(event) + " is not permitted to " + command_text(event) + ": it takes " +
           printable(event.right) + " rights";
  }
  return printable(event.message.empty() ? event.kind : event.message);
}

}  // namespace

std::string event_line(const EventRow& event, const Style& style) {
  return time_text(event.at) + " " + body(event, style) + "\n";
}

std::string event_json(const EventRow& event) {
  control::JsonWriter json;
  json.begin_object();
  json.text_field("kind", event.kind);
  json.time_field("at", event.at);
  if (!event.before.empty()) json.text_field("before", event.before);
  if (!event.message.empty()) json.text_field("message", event.message);
  if (!event.method.empty()) {
    json.text_field("method", event.method);
    json.key("names");
    json.begin_array();
    for (const auto name : event.names) json.text(name);
    json.end_array();
    json.unsigned_field("uid", event.uid);
    json.number_field("pid", event.pid);
  }
  if (!event.right.empty()) json.text_field("right", event.right);
  if (event.has_instance) {
    json.key("instance");
    control::write_instance(json, event.instance);
  }
  json.end_object();
  return json.take() + "\n";
}

}  // namespace stayd::app
