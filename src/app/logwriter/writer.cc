// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/writer.h"

#include <algorithm>
#include <utility>

#include "app/logwriter/tokens.h"
#include "journal/stamp.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/splice.h"

namespace stayd::app {

namespace {

constexpr std::uint64_t descriptors_a_log = 2;  // a text and an index
constexpr Duration patience_with_commands = seconds(2);
// Where we have been woken so often, each time within twice this of the time before, lines of many
// services come: they are gathered, too, since most of what a short one costs is the waking.
constexpr Duration gathering_few = milliseconds(4);
constexpr std::uint32_t many_wakes = 64;
constexpr int reopen_signal = 10;  // SIGUSR1 (signal(7))
constexpr int child_signal = 17;   // SIGCHLD

/// So that the pipes of all services fit beside them (model/descriptors.h). To open a log anew for
/// each line of each of many services would cost ten times what the line does.
std::size_t most_open_logs() {
  constexpr std::uint64_t most_descriptors = 16384;
  const std::uint64_t share = std::min(os::descriptor_limit() / 4, most_descriptors);
  return std::max<std::size_t>(share / descriptors_a_log, 1);
}

bool are_open(const LogWriterFds& fds) {
  return os::is_open(fds.channel) && os::is_open(fds.private_read) &&
         os::is_open(fds.private_write) && os::is_open(fds.shared_word);
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::create(const LogWriterFds& fds) {
  if (!are_open(fds)) {
    return failure("the log writer is started by stayd alone, with descriptors of its own");
  }
  Mailbox mailbox{os::Fd(fds.channel)};
  journal::PrivatePipe pipe{.read_end = os::Fd(fds.private_read),
                            .write_end = os::Fd(fds.private_write),
                            .shared = os::Fd(fds.shared_word)};
  journal::OwnerWord owner = TRY(journal::OwnerWord::map(pipe.shared.view()));
  os::Epoll epoll = TRY(os::Epoll::create());
  os::SignalFd signals = TRY(os::SignalFd::create());
  TRY(epoll.add(mailbox.fd(), os::readable, channel_token));
  TRY(epoll.add(signals.fd(), os::readable, signals_token));
  return std::unique_ptr<Writer>(new Writer(std::move(epoll), std::move(signals),
                                            std::move(mailbox), std::move(pipe), std::move(owner)));
}

Writer::Writer(os::Epoll epoll, os::SignalFd signals, Mailbox mailbox, journal::PrivatePipe pipe,
               journal::OwnerWord owner)
    : epoll_(std::move(epoll)),
      signals_(std::move(signals)),
      mailbox_(std::move(mailbox)),
      logs_(most_open_logs()),
      housekeeper_(logs_),
      pump_(std::move(pipe), std::move(owner), logs_, console_),
      consumers_(epoll_) {
  pump_.on_match([this](journal::Stream& stream) {
    if (tell_match(stream) != Sent::sent) matches_wait_ = true;
  });
}

Status Writer::run() {
  std::array<os::Ready, 256> room;
  now_ = os::now();
  send_waiting();
  while (!is_done()) {
    const auto ready = TRY(epoll_.wait(room, until_next_deadline()));
    const Instant before = std::exchange(now_, os::now());
    for (const os::Ready& each : ready) dispatch(each);
    look_at_hot();
    keep_house();
    dying_.give_way();
    if (!hot_.empty()) {
      if (looked_at_ < hot_.size()) continue;
      looked_at_ = 0;
      if (const Duration pause = gathering_.pause(); pause != Duration{}) os::nap(pause);
    } else if (now_ - before > gathering_few + gathering_few) {
      wakes_in_a_row_ = 0;
    } else if (++wakes_in_a_row_ > many_wakes && ready.size() < room.size()) {
      os::nap(gathering_few);  // not while there is more than one look can take
    }
  }
  consumers_.leave(signals_, patience_with_commands);
  return {};
}

bool Writer::is_done() const { return leaving_ || (!mailbox_.is_open() && streams_.count() == 0); }

Duration Writer::until_next_deadline() const {
  if (!hot_.empty()) return {};
  Instant earliest = std::min({retry_at_, send_again_at_, console_.deadline()});
  earliest = std::min({earliest, widths_.deadline(streams_), consumers_.deadline()});
  if (is_configured_) earliest = std::min(earliest, housekeeper_.deadline());
  if (earliest == Instant::never()) return nanoseconds(-1);
  return std::max(earliest - now_, Duration{});
}

void Writer::dispatch(const os::Ready& ready) {
  if (ready.token == channel_token) {
    if ((ready.events & os::writable) != 0) {
      channel_is_full_ = false;
      (void)epoll_.modify(mailbox_.fd(), os::readable, channel_token);
    }
    receive();
  } else if (ready.token == signals_token) {
    take_signals();
  } else if (ready.token == console_token(journal::ConsoleSide::output)) {
    (void)console_.end(journal::ConsoleSide::output).drain();
  } else if (ready.token == console_token(journal::ConsoleSide::error)) {
    (void)console_.end(journal::ConsoleSide::error).drain();
  } else {
    for (const journal::Receiver receiver : journal::receivers) {
      if (ready.token != receiver_token(receiver)) continue;
      return pump_.sinks().drain(receiver, journal::stamp_now());
    }
    dispatch_stream(ready.token);
  }
}

void Writer::dispatch_stream(std::uint64_t token) {
  if (consumers_.dispatch(token, now_)) {
    if (blocked_ > 0 && is_configured_) look_at_blocked();
    return;
  }
  const Slot slot = slot_of(token);
  if (slot >= streams_.end()) return;
  const journal::Stream& stream = streams_.at(slot);
  const bool is_meant = token == stream_token(slot, stream.generation);
  if (is_meant && stream.state == journal::StreamState::watched) look(slot);
}

// SIGUSR1: somebody has moved log files away and wants them to be let go of. No other signal means
// anything here: the supervisor says when to leave.
void Writer::take_signals() {
  while (const auto signal = signals_.next()) {
    switch (signal->number) {
      case reopen_signal:
        logs_.close_all();
        housekeeper_.retry_compression(now_);
        break;
      case child_signal:
        housekeeper_.child_ended();
        consumers_.child_ended(now_);
        break;
      default: break;
    }
  }
}

void Writer::keep_house() {
  if (now_ >= console_.deadline()) console_.show_unfinished(now_);
  if (now_ >= widths_.deadline(streams_)) widths_.narrow_quiet(streams_, now_);
  if (now_ >= retry_at_) retry_all();
  if (is_configured_) housekeeper_.run(now_);
  if (pump_.take_news()) troubles_changed_ = true;
  if (housekeeper_.take_news()) troubles_changed_ = true;
  const bool needs_retry =
      blocked_ > 0 || pump_.in_trouble() || pump_.sinks().in_trouble() || consumers_.in_trouble();
  if (needs_retry && retry_at_ == Instant::never()) retry_at_ = now_ + retry_period;
  consumers_.keep_house(now_);
  if (now_ >= send_again_at_) send_again_at_ = Instant::never();
  send_waiting();
  watch_console(journal::ConsoleSide::output);
  watch_console(journal::ConsoleSide::error);
  for (const journal::Receiver receiver : journal::receivers) watch_receiver(receiver);
}

// A connection that was closed meanwhile has left epoll by itself.
void Writer::watch_receiver(journal::Receiver receiver) {
  const journal::DatagramTarget& target = pump_.sinks().target(receiver);
  std::uint32_t& watched = receivers_watched_[static_cast<std::size_t>(receiver)];
  const std::uint32_t wanted = target.waits_on();
  if (wanted == watched) return;
  if (wanted == 0) {
    if (target.connection() == watched) epoll_.remove(target.fd());
    watched = 0;
  } else if (epoll_.add(target.fd(), os::writable, receiver_token(receiver))) {
    watched = wanted;
  }
}

void Writer::watch_console(journal::ConsoleSide side) {
  journal::ConsoleEnd& end = console_.end(side);
  bool& watched = console_watched_[static_cast<std::size_t>(side)];
  if (end.waits() == watched) return;
  if (watched) {
    epoll_.remove(end.fd());
    watched = false;
  } else {
    watched = epoll_.add(end.fd(), os::writable, console_token(side)).has_value();
  }
}

}  // namespace stayd::app
