// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/consumers.h"

#include <algorithm>
#include <array>

#include "app/logwriter/tokens.h"
#include "os/clock.h"

namespace stayd::app {

journal::Consumer& Consumers::add(journal::ConsumerWords words) {
  Watched watched;
  watched.consumer = std::make_unique<journal::Consumer>(std::move(words), spawner_);
  watched.id = ++last_id_;
  consumers_.push_back(std::move(watched));
  return *consumers_.back().consumer;
}

bool Consumers::dispatch(std::uint64_t token, Instant now) {
  if (!is_consumer_token(token)) return false;
  for (const Watched& watched : consumers_) {
    if (token == consumer_token(watched.id, ConsumerEnd::process)) watched.consumer->look(now);
    if (token == consumer_token(watched.id, ConsumerEnd::pipe)) watched.consumer->drain(now);
  }
  return true;
}

void Consumers::keep_house(Instant now) {
  if (consumers_.empty()) return;
  for (Watched& watched : consumers_) {
    watched.consumer->tick(now);
    watch(watched);
  }
  std::erase_if(consumers_, [](const Watched& watched) {
    return watched.consumer->is_over() && !watched.consumer->in_trouble();
  });
}

// What was closed has left epoll by itself.
void Consumers::watch(Watched& watched) {
  journal::Consumer& consumer = *watched.consumer;
  if (consumer.process().valid() && watched.process != consumer.starts()) {
    const auto done = epoll_.add(consumer.process(), os::readable,
                                 consumer_token(watched.id, ConsumerEnd::process));
    if (done) watched.process = consumer.starts();
  }
  const bool wanted = consumer.is_full() && consumer.pipe().valid();
  if (wanted == watched.pipe) return;
  if (wanted) {
    watched.pipe =
        epoll_.add(consumer.pipe(), os::writable, consumer_token(watched.id, ConsumerEnd::pipe))
            .has_value();
  } else {
    if (consumer.pipe().valid()) epoll_.remove(consumer.pipe());
    watched.pipe = false;
  }
}

Instant Consumers::deadline() const {
  Instant earliest = Instant::never();
  for (const Watched& watched : consumers_) {
    earliest = std::min(earliest, watched.consumer->deadline());
  }
  return earliest;
}

bool Consumers::in_trouble() const {
  return std::ranges::any_of(consumers_,
                             [](const Watched& watched) { return watched.consumer->in_trouble(); });
}

void Consumers::leave(Duration most) {
  const Instant until = os::now() + most;
  for (const Watched& watched : consumers_) watched.consumer->end_input(os::now());
  std::array<os::Ready, 16> room;
  auto epoll = os::Epoll::create();
  if (!epoll) return;
  for (Watched& watched : consumers_) {
    const auto watch_end = [&](os::FdView fd, std::uint32_t events, ConsumerEnd end) {
      if (fd.valid()) (void)epoll->add(fd, events, consumer_token(watched.id, end));
    };
    watch_end(watched.consumer->process(), os::readable, ConsumerEnd::process);
    if (!watched.consumer->is_full()) continue;
    watch_end(watched.consumer->pipe(), os::writable, ConsumerEnd::pipe);
  }
  const auto is_left = [](const Watched& watched) { return !watched.consumer->is_over(); };
  for (Instant now = os::now(); now < until; now = os::now()) {
    if (std::ranges::none_of(consumers_, is_left)) return;
    const auto ready = epoll->wait(room, until - now);
    if (!ready) return;
    for (const os::Ready& each : *ready) (void)dispatch(each.token, os::now());
  }
}

}  // namespace stayd::app
