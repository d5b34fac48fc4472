// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_log.h"

#include <string>

#include "runtime/guarded.h"

namespace stayd::runtime {
namespace {

/// For a log writer that is dead for a moment while some thousands of services start.
constexpr std::size_t most_waiting = 1u << 20;
constexpr std::size_t most_of_left_out = 512;

}  // namespace

EventLog::EventLog(os::Epoll& epoll) : pipe_(epoll, Source::events, most_waiting) {}

control::JsonWriter EventLog::start(std::string_view kind) {
  control::JsonWriter json;
  json.reserve(512);
  json.begin_object();
  json.unsigned_field("v", events_version);
  json.time_field("at", wall_);
  json.seconds_field("boottime", {now_.ns});
  json.text_field("kind", kind);
  return json;
}

void EventLog::finish(control::JsonWriter& json) {
  json.end_object();
  const std::string line = json.take() + "\n";
  if (!say_left_out() || !pipe_.has_room_for(line.size())) {
    ++left_out_;
    return;
  }
  pipe_.put(line);
}

/// False: there is no room even for that.
bool EventLog::say_left_out() {
  if (left_out_ == 0) return true;
  if (!pipe_.has_room_for(most_of_left_out)) return false;
  control::JsonWriter json = start("left-out");
  json.unsigned_field("count", left_out_);
  json.text_field("text", std::to_string(left_out_) +
                              " events were left out: the log writer did not take them in time");
  json.end_object();
  pipe_.put(json.take() + "\n");
  left_out_ = 0;
  return true;
}

void EventLog::flush() {
  pipe_.flush();
  if (left_out_ == 0 || !guarded([this] { say_left_out(); })) return;
  pipe_.flush();
}

}  // namespace stayd::runtime
