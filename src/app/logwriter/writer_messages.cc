// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "app/logwriter/tokens.h"
#include "app/logwriter/writer.h"
#include "journal/stamp.h"
#include "os/clock.h"
#include "os/process.h"

namespace stayd::app {

namespace {

using journal::ConsoleSide;
using journal::StreamState;

constexpr Duration soon = milliseconds(20);
constexpr Duration patience_of_leaving = milliseconds(500);

}  // namespace

// ---- from the supervisor
// ------------------------------------------------------------------------

void Writer::receive() {
  while (auto letter = mailbox_.next()) {
    std::visit([&](const auto& message) { take(message, *letter); }, letter->message);
  }
  // A closed descriptor leaves epoll by itself; nobody is to be told anything any more.
}

void Writer::take(const journal::Configure& message, Letter&) {
  logs_.set_log_dir(message.log_dir);
  housekeeper_.set_max_total(message.max_total);
  housekeeper_.look_at_unused(now_);
  console_.configure({.colours_stdout = message.colours_stdout,
                      .colours_stderr = message.colours_stderr,
                      .name_width = message.name_width});
  if (std::exchange(is_configured_, true)) return;
  look_at_blocked();
  for (const std::uint32_t number : std::exchange(discarded_early_, {})) discard(number);
}

void Writer::take(const journal::Streams& message, Letter& letter) {
  const std::size_t count = std::min<std::size_t>(message.count, letter.descriptor_count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_new = streams_.find(message.ends[i].number) == journal::StreamTable::no_slot;
    if (is_new) add_stream(message, i, std::move(letter.descriptors[i]));
  }
}

void Writer::add_stream(const journal::Streams& message, std::size_t index, os::Fd read_end) {
  const Slot slot = streams_.add(message.ends[index].number);
  journal::Stream& stream = streams_.at(slot);
  stream.instance = &logs_.acquire(message.instance, message.uid);
  stream.settings = streams_.settings(message.settings);
  stream.run = message.run;
  if (const std::uint64_t rate = stream.settings->rate_limit; rate != 0) {
    stream.limit = std::make_unique<journal::RateLimit>(rate, stream.settings->rate_burst, now_);
  }
  journal::LogFile& file = stream.instance->file(journal::log_kind_of(message.ends[index].kind));
  // Its index says the max-age, and is written when it is opened.
  if (file.settings != nullptr && file.settings->max_age != stream.settings->max_age) {
    logs_.close_log(file);
  }
  file.settings = stream.settings;
  housekeeper_.note_stream(file, now_);
  stream.kind = message.ends[index].kind;
  stream.read_end = std::move(read_end);
  if (auto pattern = journal::pattern_of(message)) stream.wanted = std::move(pattern);
  if (!message.exec.empty()) {
    stream.consumer = &consumers_.add({.command = message.exec,
                                       .instance = message.instance,
                                       .run = message.run,
                                       .kind = stream.kind,
                                       .set_ids = message.set_ids,
                                       .uid = message.uid,
                                       .gid = message.gid,
                                       .groups = message.groups});
  }
  if (!is_configured_) return block(slot);  // what a predecessor left unread came first
  watch(slot);
  if (pump_.parked() == stream.number) look(slot);
}

void Writer::take(const journal::Keep& message, Letter& letter) {
  if (letter.descriptor_count == 0) return;
  std::erase_if(kept_, [&](const KeptDescriptor& kept) { return kept.key == message.key; });
  kept_.push_back({.key = message.key, .descriptor = std::move(letter.descriptors[0])});
}

void Writer::take(const journal::Release& message, Letter&) {
  std::erase_if(kept_, [&](const KeptDescriptor& kept) { return kept.key == message.key; });
}

void Writer::take(const journal::Discard& message, Letter&) {
  if (is_configured_) return discard(message.number);
  discarded_early_.push_back(message.number);
}

void Writer::discard(std::uint32_t number) {
  const Slot slot = streams_.find(number);
  if (slot == journal::StreamTable::no_slot) {
    ended_.push_back(number);
    return;
  }
  journal::Stream& stream = streams_.at(slot);
  if (stream.state == StreamState::ended) return;
  pump_.finish(stream, journal::stamp_now());
  end(slot);
}

void Writer::take(const journal::AllSent& message, Letter&) {
  if (message.pid != os::own_pid()) return;
  const bool is_known = streams_.find(pump_.parked()) != journal::StreamTable::no_slot;
  if (pump_.parked() != 0 && !is_known) pump_.forget_parked();
}

// What was told before may have been read by a supervisor that had no time to note it.
void Writer::take(const journal::GiveBack&, Letter&) {
  giving_back_ = GivingBack{};
  for (Slot slot = 0; slot < streams_.end(); ++slot) {
    journal::Stream& stream = streams_.at(slot);
    if (stream.match != journal::MatchState::told) continue;
    stream.match = journal::MatchState::found;
    matches_wait_ = true;
  }
  tell_troubles_again();
}

void Writer::tell_troubles_again() {
  troubles_changed_ = true;
  for (const journal::Receiver receiver : journal::receivers) {
    pump_.sinks().target(receiver).trouble().begin_told = false;
  }
  (void)consumers_.each([](journal::Consumer& consumer) {
    consumer.trouble().begin_told = false;
    return true;
  });
  for (auto& [name, instance] : logs_.instances()) {
    for (journal::LogFile& file : instance.files) {
      if (file.trouble) file.trouble->begin_told = false;
      if (file.compression) file.compression->told.begin_told = false;
    }
  }
}

void Writer::take(const journal::Leave&, Letter&) {
  const journal::Stamp now = journal::stamp_now();
  for (Slot slot = 0; is_configured_ && slot < streams_.end(); ++slot) {
    journal::Stream& stream = streams_.at(slot);
    if (stream.state == StreamState::free || stream.state == StreamState::ended) continue;
    pump_.finish(stream, now);
    pump_.flush_index(stream);
  }
  console_.show_unfinished(Instant::never());
  leaving_ = true;
  send_waiting();
  drain_console();
}

// What stands on its way to a console that still takes it; not longer than half a second.
void Writer::drain_console() {
  const Instant until = os::now() + patience_of_leaving;
  std::array<os::Ready, 8> room;
  auto epoll = os::Epoll::create();
  if (!epoll) return;
  for (const ConsoleSide side : {ConsoleSide::output, ConsoleSide::error}) {
    journal::ConsoleEnd& end = console_.end(side);
    if (end.drain() || !epoll->add(end.fd(), os::writable, console_token(side))) continue;
    for (Instant at = os::now(); at < until && !end.drain(); at = os::now()) {
      if (!epoll->wait(room, until - at)) return;
    }
    epoll->remove(end.fd());
  }
}

// ---- to the supervisor
// --------------------------------------------------------------------------

bool Writer::has_letters() const {
  return hello_waits_ || giving_back_ || !ended_.empty() || troubles_changed_ || matches_wait_;
}

void Writer::send_waiting() {
  if (!has_letters() || channel_is_full_ || send_again_at_ != Instant::never()) return;
  switch (send_what_waits()) {
    case Sent::sent: return;
    case Sent::later:
      channel_is_full_ = true;
      (void)epoll_.modify(mailbox_.fd(), os::readable | os::writable, channel_token);
      return;
    case Sent::soon: send_again_at_ = now_ + soon; return;
  }
}

Sent Writer::send_what_waits() {
  if (hello_waits_) {
    const Sent sent = mailbox_.send(journal::Hello{.pid = os::own_pid()});
    if (sent != Sent::sent) return sent;
    hello_waits_ = false;
  }
  if (const Sent sent = give_back(); sent != Sent::sent) return sent;
  if (const Sent sent = tell_matched(); sent != Sent::sent) return sent;
  if (const Sent sent = tell_ended(); sent != Sent::sent) return sent;
  return tell_troubles();
}

Sent Writer::give_back() {
  if (!giving_back_) return Sent::sent;
  for (; giving_back_->slot < streams_.end(); ++giving_back_->slot) {
    const journal::Stream& stream = streams_.at(giving_back_->slot);
    if (stream.state == StreamState::free) continue;
    const journal::GivenStream message{.number = stream.number,
                                       .kind = stream.kind,
                                       .instance = *stream.instance->name,
                                       .run = stream.run};
    const os::FdView descriptor = stream.read_end.view();
    const Sent sent = mailbox_.send(message, {&descriptor, 1});
    if (sent != Sent::sent) return sent;
  }
  for (; giving_back_->kept < kept_.size(); ++giving_back_->kept) {
    const KeptDescriptor& kept = kept_[giving_back_->kept];
    const os::FdView descriptor = kept.descriptor.view();
    const Sent sent = mailbox_.send(journal::GivenKept{.key = kept.key}, {&descriptor, 1});
    if (sent != Sent::sent) return sent;
  }
  const Sent sent = mailbox_.send(journal::GivenBackAll{});
  if (sent == Sent::sent) giving_back_.reset();
  return sent;
}

Sent Writer::tell_match(journal::Stream& stream) {
  const Sent sent = mailbox_.send(journal::Matched{.number = stream.number});
  if (sent == Sent::sent) stream.match = journal::MatchState::told;
  return sent;
}

Sent Writer::tell_matched() {
  if (!matches_wait_) return Sent::sent;
  for (Slot slot = 0; slot < streams_.end(); ++slot) {
    journal::Stream& stream = streams_.at(slot);
    if (stream.state == StreamState::free || stream.match != journal::MatchState::found) continue;
    if (const Sent sent = tell_match(stream); sent != Sent::sent) return sent;
  }
  matches_wait_ = false;
  return Sent::sent;
}

/// Its end has been told.
void Writer::forget(std::uint32_t number) {
  const Slot slot = streams_.find(number);
  if (slot == journal::StreamTable::no_slot) return;
  journal::Instance& instance = *streams_.at(slot).instance;
  housekeeper_.note_end(instance, now_);
  logs_.release(instance);
  streams_.remove(slot);
}

Sent Writer::tell_ended() {
  Sent sent = Sent::sent;
  while (!ended_.empty() && sent == Sent::sent) {
    const auto some = std::span(ended_).first(std::min(ended_.size(), journal::Ended::most));
    journal::Ended message;
    for (const std::uint32_t number : some) {
      const Slot slot = streams_.find(number);
      const bool is_known = slot != journal::StreamTable::no_slot;
      message.streams.push_back({number, is_known ? streams_.at(slot).logged : 0});
    }
    sent = mailbox_.send(message);
    if (sent != Sent::sent) break;
    for (const std::uint32_t number : some) forget(number);
    ended_.erase(ended_.begin(), ended_.begin() + std::ssize(some));
  }
  return sent;
}

Sent Writer::tell_troubles() {
  if (!troubles_changed_) return Sent::sent;
  if (const Sent sent = tell_target_troubles(); sent != Sent::sent) return sent;
  for (auto& [name, instance] : logs_.instances()) {
    for (const journal::LogKind kind : {journal::LogKind::out, journal::LogKind::err}) {
      const Sent sent = tell_compression_trouble(instance, kind);
      if (sent != Sent::sent) return sent;
    }
    for (journal::LogFile& file : instance.files) {
      if (!file.trouble) continue;
      const Sent sent = tell_trouble(instance, file);
      if (sent != Sent::sent) return sent;
      if (!file.trouble->over) continue;
      file.trouble.reset();
      pump_.trouble_forgotten();
    }
  }
  logs_.sweep();
  troubles_changed_ = false;
  return Sent::sent;
}

Sent Writer::tell_target_troubles() {
  for (const journal::Receiver receiver : journal::receivers) {
    journal::Trouble message;
    message.target = phrase(receiver);
    const Sent sent =
        tell_target_trouble(pump_.sinks().target(receiver).trouble(), std::move(message));
    if (sent != Sent::sent) return sent;
  }
  Sent sent = Sent::sent;
  (void)consumers_.each([&](journal::Consumer& consumer) {
    journal::Trouble message{.instance = consumer.words().instance, .text = {}};
    message.target = "the log command of " + message.instance;
    sent = tell_target_trouble(consumer.trouble(), std::move(message));
    return sent == Sent::sent;
  });
  return sent;
}

Sent Writer::tell_compression_trouble(journal::Instance& instance, journal::LogKind kind) {
  auto& compression = instance.file(kind).compression;
  if (!compression) return Sent::sent;
  journal::Trouble message{.instance = *instance.name, .text = {}};
  message.target = std::string("the compressed ") + word(kind) + " of " + message.instance;
  const Sent sent = tell_target_trouble(compression->told, std::move(message));
  if (sent == Sent::sent && compression->told.text.empty()) compression.reset();
  return sent;
}

Sent Writer::tell_target_trouble(journal::TargetTrouble& trouble, journal::Trouble message) {
  if (trouble.text.empty()) return Sent::sent;
  if (!trouble.begin_told) {
    message.begins = true;
    message.text = trouble.text;
    if (const Sent sent = mailbox_.send(message); sent != Sent::sent) return sent;
    trouble.begin_told = true;
  }
  if (!trouble.over) return Sent::sent;
  message.begins = false;
  message.text.clear();
  message.dropped = trouble.dropped_bytes;
  const Sent sent = mailbox_.send(message);
  if (sent == Sent::sent) trouble = {};
  return sent;
}

// An instance has one trouble, whichever of its outputs are in it: it begins with the first and
// ends with the last.
Sent Writer::tell_trouble(journal::Instance& instance, journal::LogFile& file) {
  journal::LogTrouble& trouble = *file.trouble;
  journal::LogFile& other = &file == &instance.files[0] ? instance.files[1] : instance.files[0];
  const bool is_one_of_two = other.trouble && other.trouble->begin_told;
  if (is_one_of_two) {
    trouble.begin_told = true;
    if (trouble.over) other.trouble->dropped_in_all += trouble.dropped_in_all;
    return Sent::sent;
  }
  journal::Trouble message{.instance = *instance.name, .text = trouble.text};
  message.limited = trouble.is_limit;
  if (!trouble.begin_told) {
    if (const Sent sent = mailbox_.send(message); sent != Sent::sent) return sent;
    trouble.begin_told = true;
  }
  if (!trouble.over) return Sent::sent;
  message.begins = false;
  message.text.clear();
  message.dropped = trouble.dropped_in_all;
  return mailbox_.send(message);
}

}  // namespace stayd::app
