// SPDX-License-Identifier: Apache-2.0
// What happens to the supervisor itself, as events (docs/events.md).
#include <string>
#include <string_view>

#include "base/text.h"
#include "runtime/phase_words.h"
#include "runtime/supervisor.h"

namespace stayd::runtime {

void Supervisor::record_beginning() {
  const bool takes_over = base_.generation > 1;
  events_.record(takes_over ? "took-over" : "supervisor-started", [&](control::JsonWriter& json) {
    json.number_field("pid", own_pid_);
    json.number_field("keeper", keeper_pid_);
    json.unsigned_field("generation", base_.generation);
    json.text_field("name", base_.settings.name);
    json.text_field("version", STAYD_VERSION);
    if (!base_.settings.config_path.empty()) json.text_field("config", base_.settings.config_path);
    if (!base_.crash_text.empty()) json.text_field("crash", base_.crash_text);
    const std::string who = "supervisor " + std::to_string(own_pid_);
    json.text_field("text", takes_over
                                ? who + " took over, number " + std::to_string(base_.generation)
                                : who + " started");
  });
}

void Supervisor::record_end(std::uint8_t exit_status) {
  events_.record("supervisor-ended", [&](control::JsonWriter& json) {
    json.number_field("pid", own_pid_);
    json.unsigned_field("status", exit_status);
    json.text_field("text", "the supervisor ends with " + std::to_string(exit_status));
  });
}

void Supervisor::record_signal(const os::SignalInfo& signal) {
  events_.record("signal", [&](control::JsonWriter& json) {
    json.number_field("signal", signal.number);
    if (!signal.from_kernel) {
      json.unsigned_field("operator_uid", signal.sender_uid);
      json.number_field("operator_pid", signal.sender_pid);
    }
    json.text_field("text", "the supervisor got " + signal_name(signal.number));
  });
}

void Supervisor::record_log_writer_end(const core::LastExit& exit) {
  events_.record("log-writer-ended", [&](control::JsonWriter& json) {
    write_exit(json, exit);
    json.text_field("text", "the log writer " + end_words(exit));
  });
}

void Supervisor::record_output(const OutputEnd& output) {
  events_.record("output", [&](control::JsonWriter& json) {
    json.text_field("instance", base_.names.instance(output.instance));
    json.unsigned_field("run", number_of(output.run));
    if (output.bytes) json.unsigned_field("bytes", *output.bytes);
  });
}

void Supervisor::record_trouble(const journal::Trouble& trouble, std::string_view text) {
  events_.record(trouble.begins ? "log-trouble" : "log-mended", [&](control::JsonWriter& json) {
    if (!trouble.instance.empty()) json.text_field("instance", trouble.instance);
    if (!trouble.target.empty()) json.text_field("target", trouble.target);
    if (trouble.dropped != 0) json.unsigned_field("lost", trouble.dropped);
    json.text_field("text", text);
  });
}

}  // namespace stayd::runtime
