// SPDX-License-Identifier: Apache-2.0
// What stayd itself has to say: gathered in a batch, then written in one go to the stream `@stayd`
// of the log writer, which shows it on the console in the foreground. Bounded: where nothing takes
// it, lines are dropped and counted.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/line_pipe.h"

namespace stayd::runtime {

class OwnWords {
 public:
  explicit OwnWords(os::Epoll& epoll);

  /// Where they go from now on; not blocking. Until then they wait.
  void begin(os::Fd pipe) { pipe_.begin(std::move(pipe)); }
  /// A sentence; gets "stayd: " in front and a line's end.
  void say(std::string_view sentence);
  /// Writes what was said; before we wait, and when the pipe is ready.
  void flush() { pipe_.flush(); }
  /// Whether it is worth writing while there is more to do.
  [[nodiscard]] bool is_much() const { return pipe_.is_much(); }
  /// Writes what is left, to standard error where there is no pipe, and closes it.
  void end();

 private:
  LinePipe pipe_;
  std::uint32_t dropped_ = 0;
};

}  // namespace stayd::runtime
