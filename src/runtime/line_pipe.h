// SPDX-License-Identifier: Apache-2.0
// Lines of ours on their way to the log writer: gathered in a batch, then written to a pipe that is
// not waited for. Bounded: what has no room is for the caller to count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "os/epoll.h"
#include "os/fd.h"
#include "runtime/token.h"

namespace stayd::runtime {

class LinePipe {
 public:
  /// `source`: what epoll is told of it; at most `most` bytes wait.
  LinePipe(os::Epoll& epoll, Source source, std::size_t most)
      : epoll_(epoll), source_(source), most_(most) {}
  LinePipe(const LinePipe&) = delete;
  LinePipe& operator=(const LinePipe&) = delete;

  /// Where they go from now on; not blocking. Until then they wait.
  void begin(os::Fd pipe) { pipe_ = std::move(pipe); }
  [[nodiscard]] bool has_begun() const { return pipe_.valid(); }
  [[nodiscard]] bool has_room_for(std::size_t bytes) const {
    return waiting_.size() + bytes <= most_;
  }
  /// Appends whole lines, or pieces of one that the caller completes before flush().
  void put(std::string_view text) { waiting_ += text; }
  /// Writes what waits, whole lines at a time: one that is not longer than PIPE_BUF (4096 bytes,
  /// pipe(7)) is written whole or not at all, so that none is torn when we are killed.
  void flush();
  /// Whether it is worth writing while there is more to do.
  [[nodiscard]] bool is_much() const { return waiting_.size() > 4096; }
  /// What the pipe did not take, for the last time. Closes it.
  std::string end();

 private:
  void watch(bool wanted);

  os::Epoll& epoll_;
  Source source_;
  std::size_t most_;
  os::Fd pipe_;
  std::string waiting_;
  bool watching_ = false;
};

}  // namespace stayd::runtime
