// SPDX-License-Identifier: Apache-2.0
// Setters of keys that do more than fill a field.
#include <algorithm>
#include <array>

#include "config/setters.h"

namespace stayd::config {
namespace {

using model::ProbeKind;

model::Service& service_of(Reading& reading) { return reading.service->service; }

/// A service has one probe: the second one is refused at its place.
bool begin_probe(Reading& reading, const Value& value, ProbeKind kind) {
  Text& first = reading.service->ready_key;
  if (first.given) {
    reading.report.error(value.place,
                         "readiness is seen in one way only, and \"" + first.text +
                             "\" stands at " + reading.report.name_of(first.place),
                         "keep one of the two");
    return false;
  }
  first = {std::string(reading.key->name), value.place, true};
  service_of(reading).ready.kind = kind;
  return true;
}

/// A value that is wrong, which has been reported, leaves `out` negative.
void put_given_duration(Reading& reading, const Value& value, Text& given, Duration& out) {
  given = {value.text, value.place, true};
  out = Duration{-1};
  read_duration(reading, value, out);
}

std::optional<std::uint64_t> limit_number(std::string_view text) {
  if (text == "unlimited" || text == "infinity") return ~std::uint64_t{0};
  if (const auto size = parse_size(text)) return *size;
  return std::nullopt;
}

}  // namespace

template <ProbeKind Kind>
void put_probe(Reading& reading, const Value& value) {
  if (!begin_probe(reading, value, Kind)) return;
  read_text(reading, value, reading.service->ready_target);
}
template void put_probe<ProbeKind::tcp>(Reading&, const Value&);
template void put_probe<ProbeKind::unix_socket>(Reading&, const Value&);
template void put_probe<ProbeKind::http>(Reading&, const Value&);
template void put_probe<ProbeKind::file>(Reading&, const Value&);
template void put_probe<ProbeKind::log>(Reading&, const Value&);

void put_notify(Reading& reading, const Value& value) {
  bool on = false;
  read_boolean(reading, value, on);
  if (on) begin_probe(reading, value, ProbeKind::notify);
}

void put_fd(Reading& reading, const Value& value) {
  if (!begin_probe(reading, value, ProbeKind::fd)) return;
  read_integer(reading, value, service_of(reading).ready.fd);
}

void put_ready_command(Reading& reading, const Value& value) {
  if (!begin_probe(reading, value, ProbeKind::exec)) return;
  read_command(reading, value, reading.service->ready_command);
}

void put_ready_delay(Reading& reading, const Value& value) {
  if (!begin_probe(reading, value, ProbeKind::delay)) return;
  read_duration(reading, value, service_of(reading).ready.delay);
}

void put_command(Reading& reading, const Value& value) {
  reading.service->command_given = true;
  read_command(reading, value, reading.service->command);
}

void put_policy(Reading& reading, const Value& value) {
  reading.service->policy_given = true;
  // Of `restart = "..."` too.
  Key policy = *reading.key;
  policy.name = "restart.policy";
  Reading inside = reading;
  inside.key = &policy;
  read_choice(inside, value, service_of(reading).restart.policy);
}

void put_restart(Reading& reading, const Value& value) {
  if (!value.is(ValueKind::text)) return put_section<Section::restart>(reading, value);
  Reading inside = reading;
  inside.section = Section::restart;
  inside.key = find_key(Section::restart, "policy");
  put_policy(inside, value);
}

void put_delay(Reading& reading, const Value& value) {
  put_given_duration(reading, value, reading.service->delay, service_of(reading).restart.delay);
}

void put_max_delay(Reading& reading, const Value& value) {
  put_given_duration(reading, value, reading.service->max_delay,
                     service_of(reading).restart.max_delay);
}

void put_ready(Reading& reading, const Value& value) {
  put_section<Section::ready>(reading, value);
  const bool lacks_probe = std::ranges::all_of(value.entries, tunes_probe, &Entry::key);
  if (value.entries.empty() || !lacks_probe) return;
  const Entry& first = value.entries.front();
  reading.service->probeless_key = {first.key, first.place, true};
}

void put_reload_signal(Reading& reading, const Value& value) {
  std::int32_t signal = 0;
  read_signal(reading, value, signal);
  if (signal != 0 && (signal == parse_signal("KILL") || signal == parse_signal("STOP")))
    return reading.report.error(
        value.place,
        "\"reload-signal\" cannot be \"" + signal_name(signal) + "\": no program can catch it",
        "expected the signal at which the program reads its configuration, often \"HUP\"");
  if (signal != 0) service_of(reading).reload.signal = signal;
}

void put_replicas(Reading& reading, const Value& value) {
  service_of(reading).numbered = true;
  read_integer(reading, value, service_of(reading).replicas);
}

void put_stdin(Reading& reading, const Value& value) {
  Text text;
  read_text(reading, value, text);
  if (!text.given) return;
  model::Execution& execution = service_of(reading).execution;
  constexpr std::string_view literal = "text:";
  if (text.text == "tty") {
    reading.report.error(value.place, "\"stdin\" = \"tty\" is not supported yet by this version");
  } else if (text.text == "null") {
    execution.stdin_from = model::StdinFrom::null;
  } else if (text.text == "inherit") {
    execution.stdin_from = model::StdinFrom::inherit;
  } else if (text.text.starts_with(literal)) {
    execution.stdin_from = model::StdinFrom::text;
    text.text.erase(0, literal.size());
    reading.service->stdin_text = text;
  } else {
    execution.stdin_from = model::StdinFrom::file;
    reading.service->stdin_text = text;
  }
}

void put_log_command(Reading& reading, const Value& table) {
  ServiceDraft& draft = *reading.service;
  if (table.entries.size() != 1 || table.entries[0].key != "exec") {
    return wrong_value(reading, table, "a table here is { exec = [\"PROGRAM\", ...] }");
  }
  if (draft.log_command != nullptr) return wrong_value(reading, table, "one command is enough");
  read_command(reading, table.entries[0].value, draft.log_command);
}

void put_log_to(Reading& reading, const Value& value) {
  model::Log& log = service_of(reading).log;
  reading.service->log_to_given = true;
  log.to_file = log.to_console = log.to_syslog = log.to_journal = false;
  reading.service->log_command = nullptr;
  const auto take = [&](const Value& word) {
    if (word.is(ValueKind::table)) return put_log_command(reading, word);
    const auto number = chosen(reading, word);
    if (!number) return;
    const std::string_view target = reading.key->choices[*number].word;
    log.to_file |= target == "file";
    log.to_console |= target == "console";
    log.to_syslog |= target == "syslog";
    log.to_journal |= target == "journal";
    if (target == "none" && value.items.size() > 1) {
      wrong_value(reading, word, "none stands alone");
    }
  };
  if (!value.is(ValueKind::array)) return take(value);
  for (const Value& item : value.items) take(item);
}

void put_rate_limit(Reading& reading, const Value& value) {
  constexpr std::string_view unit = "/s";
  if (!value.is(ValueKind::text)) return wrong_type(reading, value);
  std::string_view text = value.text;
  const bool has_unit = text.ends_with(unit);
  if (has_unit) text.remove_suffix(unit.size());
  const auto rate = parse_size(text);
  if (!has_unit || !rate || *rate == 0) {
    return reading.report.error(value.place,
                                "\"rate-limit\" cannot be \"" + printable(value.text, 80) + "\"",
                                "expected bytes a second, for example \"1M/s\"");
  }
  reading.service->rate_limit_key = {std::string(reading.key->name), value.place, true};
  service_of(reading).log.rate_limit = *rate;
}

void put_rate_burst(Reading& reading, const Value& value) {
  reading.service->rate_burst_key = {std::string(reading.key->name), value.place, true};
  read_size(reading, value, service_of(reading).log.rate_burst);
}

void put_facility(Reading& reading, const Value& value) {
  constexpr std::size_t last_of_first_part = 11;  // syslog(3): 12 to 15 are not there
  const auto number = chosen(reading, value);
  if (!number) return;
  reading.service->facility_key = {std::string(reading.key->name), value.place, true};
  service_of(reading).log.facility =
      static_cast<std::uint8_t>(*number > last_of_first_part ? *number + 4 : *number);
}

void put_timestamps(Reading& reading, const Value& value) {
  reading.service->timestamps_place = value.place;
  read_choice(reading, value, service_of(reading).log.timestamps);
}

void read_segment_size(Reading& reading, const Value& value, std::uint64_t& out) {
  std::uint64_t bytes = model::least_segment;
  read_size(reading, value, bytes);
  if (bytes < model::least_segment) {
    return wrong_value(reading, value,
                       "a file holds at least " + format_size(model::least_segment));
  }
  out = bytes;
}

void read_log_total(Reading& reading, const Value& value, std::uint64_t& out) {
  std::uint64_t bytes = model::least_log_total;
  read_size(reading, value, bytes);
  if (bytes < model::least_log_total) {
    return wrong_value(reading, value, "it is at least " + format_size(model::least_log_total));
  }
  out = bytes;
}

void put_stop_timeout(Reading& reading, const Value& value) {
  reading.service->stop_timeout_given = true;
  read_duration(reading, value, service_of(reading).stop.timeout);
}

void put_exit_when(Reading& reading, const Value& value) {
  reading.supervisor->exit_when_given = true;
  read_choice(reading, value, reading.supervisor->supervisor.exit_when);
}

void put_when_supervisor_dies(Reading& reading, const Value& value) {
  reading.supervisor->when_dies_given = true;
  read_choice(reading, value, reading.supervisor->supervisor.when_supervisor_dies);
}

void put_limit(Reading& reading, const Value& value, std::uint8_t resource) {
  std::string text = value.text;
  if (value.is(ValueKind::integer)) {
    text = std::to_string(value.integer);
  } else if (!value.is(ValueKind::text)) {
    return wrong_type(reading, value);
  }
  const auto colon = text.find(':');
  const auto soft = limit_number(std::string_view(text).substr(0, colon));
  const auto hard =
      colon == std::string::npos ? soft : limit_number(std::string_view(text).substr(colon + 1));
  if (!soft || !hard) return wrong_value(reading, value, "it is no limit");
  if (*soft > *hard) return wrong_value(reading, value, "the soft limit is above the hard one");
  service_of(reading).execution.limits.push_back({resource, *soft, *hard});
}

void accept_choice(Reading& reading, const Value& value) { chosen(reading, value); }

void accept(Reading& reading, const Value& value) {
  const bool is_table = reading.key->type == ValueType::table;
  const bool is_list = reading.key->type == ValueType::texts;
  const ValueKind wanted =
      is_table ? ValueKind::table : (is_list ? ValueKind::array : ValueKind::text);
  if (!value.is(wanted)) wrong_type(reading, value);
}

}  // namespace stayd::config
