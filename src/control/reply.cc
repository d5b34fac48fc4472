// SPDX-License-Identifier: Apache-2.0
#include "control/reply.h"

#include <algorithm>

#include "base/text.h"
#include "control/frame.h"
#include "control/view_fields.h"

namespace stayd::control {
namespace {

/// What a message may have, less what its end needs.
constexpr std::size_t most_body_bytes = most_message_bytes - 4'096;
/// From here on a result's state is left out, so that many results still find room.
constexpr std::size_t most_bytes_with_states = most_message_bytes / 2;
constexpr std::size_t most_names_in_event = 100;

void write_value(JsonWriter& json, std::string_view value) { json.text(value); }
void write_value(JsonWriter& json, WallTime value) { json.time(value); }
void write_value(JsonWriter& json, Duration value) { json.seconds(value); }
void write_value(JsonWriter& json, std::int32_t value) { json.number(value); }
void write_value(JsonWriter& json, std::int64_t value) { json.number(value); }
void write_value(JsonWriter& json, std::uint32_t value) { json.unsigned_number(value); }
void write_value(JsonWriter& json, std::uint64_t value) { json.unsigned_number(value); }
void write_value(JsonWriter& json, bool value) { json.boolean(value); }

bool is_set(std::string_view value) { return !value.empty(); }
bool is_set(WallTime value) { return value.ns != 0; }
bool is_set(Duration value) { return value.ns != 0; }
bool is_set(bool value) { return value; }
/// Uid 0 is somebody: only the signed 64-bit members tell nothing by -1, all others by 0.
bool is_set(std::int64_t value) { return value >= 0; }
bool is_set(std::int32_t value) { return value > 0; }
bool is_set(std::uint32_t value) { return value != 0; }
bool is_set(std::uint64_t value) { return value != 0; }

template <typename View, std::size_t Count>
void write_fields(JsonWriter& json, const View& view,
                  const std::array<Field<View>, Count>& fields) {
  for (const Field<View>& field : fields) {
    std::visit(
        [&](auto member) {
          const auto& value = view.*member;
          if (field.presence == Presence::when_set && !is_set(value)) return;
          json.key(field.name);
          write_value(json, value);
        },
        field.member);
  }
}

void write_last_exit(JsonWriter& json, const LastExitView& exit) {
  if (exit.kind == EndKind::none) return;
  json.key("last_exit");
  json.begin_object();
  switch (exit.kind) {
    case EndKind::none: break;
    case EndKind::code: json.number_field("code", exit.value); break;
    case EndKind::signal: json.text_field("signal", signal_name(exit.value)); break;
    case EndKind::unknown: json.boolean_field("unknown", true); break;
  }
  write_fields(json, exit, last_exit_fields);
  json.end_object();
}

JsonWriter begin_parameters() {
  JsonWriter json;
  json.begin_object();
  json.key("parameters");
  json.begin_object();
  return json;
}

Reply end_parameters(JsonWriter json, Continues continues) {
  json.end_object();
  if (continues == Continues::yes) json.boolean_field("continues", true);
  json.end_object();
  Reply reply{json.take(), continues};
  reply.bytes.push_back('\0');
  return reply;
}

/// {"error": name, "parameters": {...
JsonWriter begin_error(std::string_view name) {
  JsonWriter json;
  json.begin_object();
  json.text_field("error", name);
  json.key("parameters");
  json.begin_object();
  return json;
}

Reply plain_error(std::string_view name, std::string_view key, std::string_view value) {
  JsonWriter json = begin_error(name);
  if (!key.empty()) json.text_field(key, value);
  return end_parameters(std::move(json), Continues::no);
}

}  // namespace

void write_instance(JsonWriter& json, const InstanceView& instance) {
  json.begin_object();
  write_fields(json, instance, instance_fields);
  if (instance.usage.known) write_fields(json, instance.usage, usage_fields);
  write_last_exit(json, instance.last_exit);
  if (instance.failure.number != 0) {
    json.key("failure");
    json.begin_object();
    write_fields(json, instance.failure, failure_fields);
    json.end_object();
  }
  json.end_object();
}

void write_supervisor(JsonWriter& json, const SupervisorView& supervisor) {
  json.begin_object();
  write_fields(json, supervisor, supervisor_fields);
  json.end_object();
}

StatusWriter::StatusWriter(const SupervisorView& supervisor, std::uint32_t limit)
    : json_(begin_parameters()), limit_(limit) {
  json_.number_field("version", 1);
  json_.key("supervisor");
  write_supervisor(json_, supervisor);
  json_.key("instances");
  json_.begin_array();
}

void StatusWriter::expect(std::size_t instances) {
  constexpr std::size_t usual_instance_bytes = 320;
  if (limit_ != 0) instances = std::min<std::size_t>(instances, limit_);
  json_.reserve(json_.size() + std::min(instances * usual_instance_bytes, most_body_bytes));
}

Room StatusWriter::add(const InstanceView& instance) {
  // Escaping makes at most six bytes of one; the numbers and member names take less than 2 KiB.
  const std::size_t texts = instance.status_text.size() + instance.failure.text.size() +
                            instance.trouble.size() + instance.instance.size() +
                            instance.service.size() + instance.cgroup.size();
  const bool fits = json_.size() + 6 * texts + 2'048 <= most_body_bytes;
  full_ = count_ > 0 && (count_ == limit_ || !fits);
  if (full_) return Room::none;
  write_instance(json_, instance);
  last_ = instance.instance;
  ++count_;
  return Room::left;
}

Reply StatusWriter::finish(Continues continues) && {
  json_.end_array();
  if (full_) json_.text_field("next", last_);
  return end_parameters(std::move(json_), continues);
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::accepted: return "accepted";
    case Outcome::running: return "running";
    case Outcome::done: return "done";
    case Outcome::stopped: return "stopped";
    case Outcome::reloaded: return "reloaded";
    case Outcome::signalled: return "signalled";
    case Outcome::failed: return "failed";
    case Outcome::refused: return "refused";
    case Outcome::replaced: return "replaced";
    case Outcome::timed_out: return "timed_out";
  }
  return "failed";
}

ResultsWriter::ResultsWriter() : json_(begin_parameters()) {
  json_.key("results");
  json_.begin_array();
}

void ResultsWriter::add(const ResultView& result) {
  const std::size_t least = result.instance.size() + 6 * result.message.size() + 128;
  if (json_.size() + least > most_body_bytes) {
    ++omitted_;
    return;
  }
  json_.begin_object();
  json_.text_field("instance", result.instance);
  json_.text_field("outcome", word(result.outcome));
  if (!result.message.empty()) json_.text_field("message", result.message);
  if (result.state != nullptr && json_.size() < most_bytes_with_states) {
    json_.key("state");
    write_instance(json_, *result.state);
  }
  json_.end_object();
}

Reply ResultsWriter::finish() && {
  json_.end_array();
  if (omitted_ != 0) json_.unsigned_field("omitted", omitted_);
  return end_parameters(std::move(json_), Continues::no);
}

Reply explain_reply(std::span<const InstanceView> causes) {
  JsonWriter json = begin_parameters();
  json.key("causes");
  json.begin_array();
  for (const InstanceView& cause : causes) {
    if (json.size() > most_bytes_with_states) break;
    write_instance(json, cause);
  }
  json.end_array();
  return end_parameters(std::move(json), Continues::no);
}

namespace {

std::string_view word(EventKind kind) {
  switch (kind) {
    case EventKind::phase: return "phase";
    case EventKind::command: return "command";
    case EventKind::refused: return "refused";
    case EventKind::notice: return "notice";
  }
  return "notice";
}

void write_command(JsonWriter& json, const EventView& event) {
  json.text_field("method", event.method);
  json.key("names");
  json.begin_array();
  for (const auto& name : event.names.first(std::min(event.names.size(), most_names_in_event))) {
    json.text(name);
  }
  json.end_array();
  json.unsigned_field("uid", event.uid);
  json.number_field("pid", event.pid);
  if (event.kind == EventKind::refused) json.text_field("right", word(event.right));
}

}  // namespace

Reply event_reply(const EventView& event) {
  JsonWriter json = begin_parameters();
  json.key("event");
  json.begin_object();
  json.text_field("kind", word(event.kind));
  json.time_field("at", event.at);
  if (!event.before.empty()) json.text_field("before", event.before);
  if (!event.message.empty()) json.text_field("message", event.message);
  switch (event.kind) {
    case EventKind::phase:
    case EventKind::notice: break;
    case EventKind::command:
    case EventKind::refused: write_command(json, event); break;
  }
  if (event.instance != nullptr) {
    json.key("instance");
    write_instance(json, *event.instance);
  }
  json.end_object();
  return end_parameters(std::move(json), Continues::yes);
}

Reply skipped_reply(std::uint64_t count) {
  JsonWriter json = begin_parameters();
  json.unsigned_field("skipped", count);
  return end_parameters(std::move(json), Continues::yes);
}

Reply empty_reply() { return end_parameters(begin_parameters(), Continues::no); }

Reply info_reply(std::string_view version) {
  JsonWriter json = begin_parameters();
  json.text_field("vendor", "stayd");
  json.text_field("product", "stayd");
  json.text_field("version", version);
  json.text_field("url", "");
  json.key("interfaces");
  json.begin_array();
  json.text("org.varlink.service");
  json.text(interface_name);
  json.end_array();
  return end_parameters(std::move(json), Continues::no);
}

Reply description_reply(std::string_view interface) {
  const std::string_view text = interface == interface_name ? interface_description()
                                : interface == "org.varlink.service"
                                    ? service_interface_description()
                                    : std::string_view();
  if (text.empty()) {
    return error_reply(
        {.fault = RequestFault::interface_not_found, .subject = std::string(interface)});
  }
  JsonWriter json = begin_parameters();
  json.text_field("description", text);
  return end_parameters(std::move(json), Continues::no);
}

Reply no_such_service(std::string_view name, std::string_view nearest) {
  JsonWriter json = begin_error("dev.stayd.Supervisor.NoSuchService");
  json.text_field("name", name);
  if (!nearest.empty()) json.text_field("nearest", nearest);
  return end_parameters(std::move(json), Continues::no);
}

Reply not_permitted(Right missing) {
  return plain_error("dev.stayd.Supervisor.NotPermitted", "right", word(missing));
}

Reply shutting_down() { return plain_error("dev.stayd.Supervisor.ShuttingDown", {}, {}); }

Reply too_many_connections() {
  return plain_error("dev.stayd.Supervisor.TooManyConnections", {}, {});
}

Reply error_reply(const RequestError& error) {
  switch (error.fault) {
    case RequestFault::malformed:
      return plain_error("dev.stayd.Supervisor.MalformedMessage", "reason", error.subject);
    case RequestFault::interface_not_found:
      return plain_error("org.varlink.service.InterfaceNotFound", "interface", error.subject);
    case RequestFault::method_not_found:
      return plain_error("org.varlink.service.MethodNotFound", "method", error.subject);
    case RequestFault::invalid_parameter:
      return plain_error("org.varlink.service.InvalidParameter", "parameter", error.subject);
    case RequestFault::expected_more:
      return plain_error("org.varlink.service.ExpectedMore", {}, {});
  }
  return plain_error("dev.stayd.Supervisor.MalformedMessage", "reason", error.subject);
}

}  // namespace stayd::control
