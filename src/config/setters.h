// SPDX-License-Identifier: Apache-2.0
// What key_table.h names as setters: `put<reader, member pointers...>` reads a value with `reader`
// into the field that the pointers lead to, from the draft or the model struct that the first one
// is a member of.
#pragma once

#include "base/text.h"
#include "config/draft.h"

namespace stayd::config {

/// Reports that the value is of the wrong type.
void wrong_type(Reading& reading, const Value& value);
/// Reports that the value is not taken, and why ("expected a unit").
void wrong_value(Reading& reading, const Value& value, std::string_view why);

// Readers. They report what is wrong and leave `out` as it is.
void read_boolean(Reading& reading, const Value& value, bool& out);
void read_duration(Reading& reading, const Value& value, Duration& out);
/// At least a nanosecond.
void read_interval(Reading& reading, const Value& value, Duration& out);
void read_string(Reading& reading, const Value& value, std::string& out);
void read_codes(Reading& reading, const Value& value, std::vector<std::uint8_t>& out);
void read_size(Reading& reading, const Value& value, std::uint64_t& out);
/// At least what a file of a log holds.
void read_segment_size(Reading& reading, const Value& value, std::uint64_t& out);
void read_factor(Reading& reading, const Value& value, double& out);
void read_share(Reading& reading, const Value& value, double& out);
void read_signal(Reading& reading, const Value& value, std::int32_t& out);
void read_mode(Reading& reading, const Value& value, std::optional<std::uint32_t>& out);
void read_text(Reading& reading, const Value& value, Text& out);
void read_texts(Reading& reading, const Value& value, std::vector<Text>& out);
/// A name, or a number as text.
void read_account(Reading& reading, const Value& value, Text& out);
void read_accounts(Reading& reading, const Value& value, std::vector<Text>& out);
/// Array or string; only its kind is looked at.
void read_command(Reading& reading, const Value& value, const Value*& out);
/// A table of strings; only kinds are looked at.
void read_env(Reading& reading, const Value& value, const Value*& out);
/// A boolean or an array of strings.
void read_inherit(Reading& reading, const Value& value, const Value*& out);

std::optional<std::int64_t> integer_in_range(Reading& reading, const Value& value);
std::optional<std::size_t> chosen(Reading& reading, const Value& value);

/// Into an integer of any width, or an optional one; the key has its bounds.
template <typename T>
void read_integer(Reading& reading, const Value& value, T& out) {
  if (const auto number = integer_in_range(reading, value)) {
    if constexpr (std::is_integral_v<T>) {
      out = static_cast<T>(*number);
    } else {
      out = static_cast<typename T::value_type>(*number);
    }
  }
}

/// The key's choices are the enumerators, in their order, and after them what is not supported yet.
template <typename Enum>
void read_choice(Reading& reading, const Value& value, Enum& out) {
  if (const auto number = chosen(reading, value)) out = static_cast<Enum>(*number);
}

template <typename Field>
ServiceDraft& root_of(Reading& reading, Field ServiceDraft::*) {
  return *reading.service;
}
template <typename Field>
model::Service& root_of(Reading& reading, Field model::Service::*) {
  return reading.service->service;
}
template <typename Field>
SupervisorDraft& root_of(Reading& reading, Field SupervisorDraft::*) {
  return *reading.supervisor;
}
template <typename Field>
model::Supervisor& root_of(Reading& reading, Field model::Supervisor::*) {
  return reading.supervisor->supervisor;
}

auto& follow(auto& object, auto first) { return object.*first; }
auto& follow(auto& object, auto first, auto second) { return object.*first.*second; }

template <auto Read, auto First, auto... Rest>
void put(Reading& reading, const Value& value) {
  Read(reading, value, follow(root_of(reading, First), First, Rest...));
}

// Setters of their own.
template <Relation Kind>
void put_dependencies(Reading& reading, const Value& value) {
  std::vector<Text> names;
  read_texts(reading, value, names);
  for (Text& name : names) reading.service->dependencies.push_back({Kind, std::move(name)});
}

/// The key that says how readiness is seen: the target is expanded later.
template <model::ProbeKind Kind>
void put_probe(Reading& reading, const Value& value);
extern template void put_probe<model::ProbeKind::tcp>(Reading&, const Value&);
extern template void put_probe<model::ProbeKind::unix_socket>(Reading&, const Value&);
extern template void put_probe<model::ProbeKind::http>(Reading&, const Value&);
extern template void put_probe<model::ProbeKind::file>(Reading&, const Value&);
extern template void put_probe<model::ProbeKind::log>(Reading&, const Value&);

template <Section Part>
void put_section(Reading& reading, const Value& value) {
  if (!value.is(ValueKind::table)) return wrong_type(reading, value);
  read_section(reading, Part, value);
}

/// The policy alone, or a table.
void put_restart(Reading& reading, const Value& value);

/// An rlimit of this number.
void put_limit(Reading& reading, const Value& value, std::uint8_t resource);
template <std::uint8_t Resource>
void put_limit(Reading& reading, const Value& value) {
  put_limit(reading, value, Resource);
}

void put_notify(Reading& reading, const Value& value);
void put_fd(Reading& reading, const Value& value);
void put_ready_command(Reading& reading, const Value& value);
void put_ready_delay(Reading& reading, const Value& value);
void put_command(Reading& reading, const Value& value);
void put_policy(Reading& reading, const Value& value);
void put_delay(Reading& reading, const Value& value);
void put_max_delay(Reading& reading, const Value& value);
void put_ready(Reading& reading, const Value& value);
void put_reload_signal(Reading& reading, const Value& value);
void put_replicas(Reading& reading, const Value& value);
void put_stdin(Reading& reading, const Value& value);
void put_log_to(Reading& reading, const Value& value);
void put_rate_limit(Reading& reading, const Value& value);
void put_rate_burst(Reading& reading, const Value& value);
void put_facility(Reading& reading, const Value& value);
void put_timestamps(Reading& reading, const Value& value);
/// At least model::least_log_total.
void read_log_total(Reading& reading, const Value& value, std::uint64_t& out);
void put_stop_timeout(Reading& reading, const Value& value);
void put_exit_when(Reading& reading, const Value& value);
void put_when_supervisor_dies(Reading& reading, const Value& value);
/// A choice of which only one is there yet, so that nothing is kept of it.
void accept_choice(Reading& reading, const Value& value);
/// Taken before the sections are read: include, extends, and the tables themselves.
void accept(Reading& reading, const Value& value);

}  // namespace stayd::config
