// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/consumers.h"

#include <algorithm>
#include <array>
#include <utility>

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
  for (Watched& watched : consumers_) {
    if (token == consumer_token(watched.id)) drain(watched, now);
  }
  return true;
}

void Consumers::child_ended(Instant now) {
  for (const Watched& watched : consumers_) watched.consumer->look(now);
}

// May close the pipe: a child that is being forked has it too, and epoll would go on telling of it.
void Consumers::drain(Watched& watched, Instant now) {
  if (std::exchange(watched.pipe, false)) epoll_.remove(watched.consumer->pipe());
  watched.consumer->drain(now);
}

void Consumers::keep_house(Instant now) {
  watch_again_at_ = Instant::never();
  if (consumers_.empty()) return;
  for (Watched& watched : consumers_) {
    watched.consumer->tick(now);
    if (!watch(watched)) watch_again_at_ = now + retry_period;
  }
  std::erase_if(consumers_, [](const Watched& watched) {
    return watched.consumer->is_over() && !watched.consumer->in_trouble();
  });
}

bool Consumers::watch(Watched& watched) {
  const journal::Consumer& consumer = *watched.consumer;
  const bool wanted = consumer.is_full() && consumer.pipe().valid();
  if (wanted == watched.pipe) return true;
  if (!wanted) {
    if (consumer.pipe().valid()) epoll_.remove(consumer.pipe());
    watched.pipe = false;
    return true;
  }
  watched.pipe = epoll_.add(consumer.pipe(), os::writable, consumer_token(watched.id)).has_value();
  return watched.pipe;
}

Instant Consumers::deadline() const {
  Instant earliest = watch_again_at_;
  for (const Watched& watched : consumers_) {
    earliest = std::min(earliest, watched.consumer->deadline());
  }
  return earliest;
}

bool Consumers::in_trouble() const {
  return std::ranges::any_of(consumers_,
                             [](const Watched& watched) { return watched.consumer->in_trouble(); });
}

void Consumers::leave(os::SignalFd& signals, Duration most) {
  const Instant until = os::now() + most;
  for (const Watched& watched : consumers_) watched.consumer->end_input(os::now());
  std::array<os::Ready, 16> room;
  auto epoll = os::Epoll::create();
  if (!epoll || !epoll->add(signals.fd(), os::readable, signals_token)) return;
  for (const Watched& watched : consumers_) {
    if (!watched.consumer->is_full()) continue;
    (void)epoll->add(watched.consumer->pipe(), os::writable, consumer_token(watched.id));
  }
  const auto is_left = [](const Watched& watched) { return !watched.consumer->is_over(); };
  for (Instant now = os::now(); now < until; now = os::now()) {
    child_ended(now);
    if (std::ranges::none_of(consumers_, is_left)) return;
    const auto ready = epoll->wait(room, until - now);
    if (!ready) return;
    while (signals.next()) {
    }
    for (const os::Ready& each : *ready) (void)dispatch(each.token, os::now());
  }
}

}  // namespace stayd::app
