// SPDX-License-Identifier: Apache-2.0
// What stayd itself has to say: gathered in a batch, then written in one go to the stream `@stayd`
// of the log writer, which shows it on the console in the foreground. Bounded: where nothing takes
// it, lines are dropped and counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/epoll.h"
#include "os/fd.h"

namespace stayd::runtime {

class OwnWords {
 public:
  explicit OwnWords(os::Epoll& epoll) : epoll_(epoll) {}
  OwnWords(const OwnWords&) = delete;
  OwnWords& operator=(const OwnWords&) = delete;

  /// Where they go from now on; not blocking. Until then they wait.
  void begin(os::Fd pipe) { pipe_ = std::move(pipe); }
  /// A sentence; gets "stayd: " in front and a line's end.
  void say(std::string_view sentence);
  /// Writes what was said; before we wait, and when the pipe is ready.
  void flush();
  /// Whether it is worth writing while there is more to do.
  [[nodiscard]] bool is_much() const { return waiting_.size() > 4096; }
  /// Writes what is left, to standard error where there is no pipe, and closes it.
  void end();

 private:
  void watch(bool wanted);

  os::Epoll& epoll_;
  os::Fd pipe_;
  std::string waiting_;
  std::uint32_t dropped_ = 0;
  bool watching_ = false;
};

}  // namespace stayd::runtime
