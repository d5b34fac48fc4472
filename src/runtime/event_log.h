// SPDX-License-Identifier: Apache-2.0
// What happened, one JSON object a line, to the stream `@events` of the log writer
// (docs/events.md). Gathered in a batch and written in one go, as our own words are; never waited
// for. Where nothing takes them, events are counted, and one says later how many were left out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "control/json_writer.h"
#include "runtime/guarded.h"
#include "runtime/line_pipe.h"

namespace stayd::runtime {

/// Of the fields and their meaning: one more when one is renamed or means something else.
inline constexpr std::uint32_t events_version = 1;

class EventLog {
 public:
  explicit EventLog(os::Epoll& epoll);

  /// Recorded from now on, to this pipe; not blocking. Without it nothing is, at no cost.
  void begin(os::Fd pipe) { pipe_.begin(std::move(pipe)); }
  [[nodiscard]] bool is_on() const { return pipe_.has_begun(); }
  /// The time of the events that follow.
  void set_time(Instant now, WallTime wall) {
    now_ = now;
    wall_ = wall;
  }

  /// One event: `write(control::JsonWriter&)` adds its fields behind the kind. Out of memory, it is
  /// left out and counted.
  template <typename Write>
  void record(std::string_view kind, Write write) {
    if (!is_on()) return;
    const bool recorded = guarded([&] {
      control::JsonWriter json = start(kind);
      write(json);
      finish(json);
    });
    if (!recorded) ++left_out_;
  }

  /// Writes what was recorded; before we wait, and when the pipe is ready.
  void flush();
  [[nodiscard]] bool is_much() const { return pipe_.is_much(); }
  /// Writes what is left, as far as it goes, and closes the pipe.
  void end() { (void)pipe_.end(); }

 private:
  control::JsonWriter start(std::string_view kind);
  void finish(control::JsonWriter& json);
  bool say_left_out();

  LinePipe pipe_;
  Instant now_{};
  WallTime wall_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace stayd::runtime
