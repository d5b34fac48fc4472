// SPDX-License-Identifier: Apache-2.0
// The commands that get outputs on their standard input (journal/consumer.h): started, watched, and
// kept until they have ended, which may be after their stream has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"
#include "journal/consumer.h"
#include "os/epoll.h"
#include "os/signals.h"
#include "os/spawn.h"

namespace stayd::app {

class Consumers {
 public:
  explicit Consumers(os::Epoll& epoll) : epoll_(epoll) {}

  /// Stays where it is until it is over.
  journal::Consumer& add(journal::ConsumerWords words);
  /// Whether the token is one of ours; then its pipe is dealt with.
  bool dispatch(std::uint64_t token, Instant now);
  /// After a SIGCHLD.
  void child_ended(Instant now);
  /// Starts, ends and watches; forgets those that are over and of which all was told.
  void keep_house(Instant now);
  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] bool in_trouble() const;
  /// Closes all of them, and waits for their ends (SIGCHLD), not longer than `most`.
  void leave(os::SignalFd& signals, Duration most);
  /// f(consumer) for each, until one returns false.
  template <typename F>
  bool each(F f) {
    for (const Watched& watched : consumers_)
      if (!f(*watched.consumer)) return false;
    return true;
  }

 private:
  struct Watched {
    std::unique_ptr<journal::Consumer> consumer;
    std::uint32_t id = 0;
    bool pipe = false;  ///< whether its pipe is in epoll
  };
  bool watch(Watched& watched);
  void drain(Watched& watched, Instant now);

  os::Epoll& epoll_;
  std::optional<os::Spawner> spawner_;  ///< made for the first one
  std::vector<Watched> consumers_;
  std::uint32_t last_id_ = 0;
  Instant watch_again_at_ = Instant::never();  ///< epoll had no room for a pipe
};

}  // namespace stayd::app
