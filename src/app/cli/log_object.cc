// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_object.h"

#include <string>

#include "control/json_reader.h"
#include "journal/line_text.h"

namespace stayd::app {
namespace {

class MessageSink final : public control::JsonSink {
 public:
  std::string message;
  bool partial = false;

  bool begin_object() override { return true; }
  bool end_object() override { return true; }
  bool begin_array() override { return false; }
  bool end_array() override { return false; }
  bool key(std::string_view name) override {
    is_message_ = name == "message";
    return true;
  }
  bool text(std::string_view value) override {
    if (is_message_) message = value;
    return true;
  }
  bool integer(std::int64_t) override { return true; }
  bool real(double) override { return false; }
  bool boolean(bool value) override {
    partial = value;
    return true;
  }
  bool null() override { return false; }

 private:
  bool is_message_ = false;
};

bool read(std::string_view object, MessageSink& sink) {
  return control::read_json(object, sink) == control::JsonOutcome::complete;
}

}  // namespace

bool begins_object(std::string_view text, std::string_view instance, journal::LogKind kind) {
  if (!text.starts_with("{\"time\":\"")) return false;
  std::string who = "\",\"instance\":\"";  // which has no letter that JSON escapes
  who.append(instance).append("\",\"run\":");
  const std::string stream =
      ",\"stream\":\"" + std::string(journal::word(kind)) + "\",\"message\":\"";
  const std::size_t begin = text.find('"', 9);
  if (begin == std::string_view::npos || !text.substr(begin).starts_with(who)) return false;
  const std::size_t run = begin + who.size();
  const std::size_t end = text.find_first_not_of("0123456789", run);
  return end != std::string_view::npos && end > run && text.substr(end).starts_with(stream);
}

void unwrap_object(journal::LogLine& line, std::string_view instance, journal::LogKind kind) {
  if (!begins_object(line.text, instance, kind)) return;
  MessageSink sink;
  if (!read(line.text, sink)) {
    if (line.end == journal::LineEnd::line_end) return;
    const std::size_t sound = journal::sound_object_part(line.text);
    sink = {};
    if (!read(line.text.substr(0, sound).append(journal::object_end), sink)) return;
  }
  line.text = std::move(sink.message);
  if (sink.partial) line.end = journal::LineEnd::more;
}

}  // namespace stayd::app
