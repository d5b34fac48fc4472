// SPDX-License-Identifier: Apache-2.0
#include "runtime/log_link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/poll.h"
#include "os/process.h"
#include "os/socket.h"
#include "runtime/token.h"

namespace stayd::runtime {
namespace {

constexpr Duration writer_retry = seconds(1);  ///< after one that died before it said Hello
constexpr std::string_view own_instance = "@stayd", events_instance = "@events";

/// Run numbers are never reused, so neither are these. 31 bits of them: a stream would have to stay
/// open for two thousand million runs to meet its double.
std::uint32_t stream_number(RunId run, std::uint32_t side) {
  return static_cast<std::uint32_t>(number_of(run) & 0x7fff'ffffU) * 2 + side;
}

/// Beyond all of those, two for each supervisor.
std::uint32_t own_stream_number(std::uint64_t generation) {
  return 0xffff'ffffU - static_cast<std::uint32_t>(generation & 0xffffU);
}
std::uint32_t events_stream_number(std::uint64_t generation) {
  return own_stream_number(generation) - 0x1'0000U;
}

}  // namespace

Result<LogChannel> LogChannel::create() {
  LogChannel channel;
  auto pair = TRY(os::create_message_pair());
  channel.ours = std::move(pair.ours);
  channel.theirs = std::move(pair.theirs);
  channel.private_pipe = TRY(journal::create_private_pipe());
  return channel;
}

LogLink::LogLink(Setting setting, LogChannel channel)
    : setting_(std::move(setting)), channel_(std::move(channel)), own_uid_(os::own_uid()) {}

Status LogLink::begin() {
  return setting_.epoll.add(channel_.ours.view(), os::readable, pack({Source::log_channel, 0, 0}));
}

Result<os::Fd> LogLink::open_own_words() {
  return open_own(own_words_, own_stream_number(setting_.generation),
                  journal::StreamKind::stderr_only);
}

Result<os::Fd> LogLink::open_events() {
  return open_own(events_, events_stream_number(setting_.generation),
                  journal::StreamKind::stdout_only);
}

Result<os::Fd> LogLink::open_own(Own& own, std::uint32_t number, journal::StreamKind kind) {
  os::Pipe pipe = TRY(os::create_pipe());
  TRY(os::set_nonblocking(pipe.write_end.view()));
  own.entry = {.number = number, .kind = kind, .read_end = std::move(pipe.read_end)};
  flush();
  return std::move(pipe.write_end);
}

Status LogLink::start_writer() {
  const std::string title = "stayd: log writer " + setting_.supervisor_name;
  const std::array<const char*, 3> arguments{title.c_str(), "@logwriter", nullptr};
  const std::array<const char*, 1> environment{nullptr};
  const auto& pipe = channel_.private_pipe;
  const std::array<os::PlannedDescriptor, 7> descriptors{{
      {os::FdView(0), 0},
      {os::FdView(1), 1},
      {os::FdView(2), 2},
      {channel_.theirs.view(), journal::channel_descriptor},
      {pipe.read_end.view(), journal::private_read_descriptor},
      {pipe.write_end.view(), journal::private_write_descriptor},
      {pipe.shared.view(), journal::shared_word_descriptor},
  }};
  os::SpawnPlan plan;
  plan.executable_fd = setting_.executable;
  plan.arguments = const_cast<char* const*>(arguments.data());
  plan.environment = const_cast<char* const*>(environment.data());
  plan.descriptors = descriptors;
  plan.session = false;
  plan.umask_value = 022;
  plan.set_oom_score = false;
  forget_everything_sent();
  auto spawned = setting_.spawner.spawn(plan);
  if (!spawned) {
    restart_at_ = os::now() + writer_retry;
    return std::unexpected(std::move(spawned).error().within("cannot start the log writer"));
  }
  restart_at_ = Instant::never();
  TRY(watch_writer(spawned->pid, std::move(spawned->process)));
  flush();
  return {};
}

Status LogLink::watch_writer(std::int32_t pid, os::Fd process) {
  writer_ = std::move(process);
  writer_pid_ = pid;
  ++writer_generation_;
  return setting_.epoll.add(writer_.view(), os::readable,
                            pack({Source::log_writer, 0, writer_generation_}));
}

Status LogLink::resume_writer(std::int32_t pid, Duration most) {
  os::Fd process = TRY(os::open_process(pid));
  TRY(watch_writer(pid, std::move(process)));
  configured_ = true;
  all_sent_ = true;
  writer_said_hello_ = true;
  given_back_ = false;
  if (!put(journal::GiveBack{})) return failure("the log writer's channel is full");
  const Instant end = os::now() + most;
  LogNews news;
  for (Instant now = os::now(); !given_back_ && now < end; now = os::now()) {
    std::array<os::Polled, 2> watched{
        {{channel_.ours.view(), os::readable}, {writer_.view(), os::readable}}};
    TRY(os::poll(watched, end - now));
    receive(news);
    if (watched[1].ready != 0) break;  // it is dead, as the loop will see
  }
  flush();
  return {};
}

void LogLink::forget_everything_sent() {
  compact();
  // What was sent was counted by one that is dead.
  for (std::size_t i = 0; i < unsent_; ++i)
    if (entries_[i].read_end.valid()) entries_[i].is_counted = false;
  unsent_ = 0;
  own_words_.sent = events_.sent = false;
  for (Kept& kept : kept_) kept.sent = false;
  released_.clear();
  configured_ = false;
  all_sent_ = false;
  writer_said_hello_ = false;
  leave_sent_ = false;
}

void LogLink::compact() {
  const auto sent_end = entries_.begin() + static_cast<std::ptrdiff_t>(unsent_);
  unsent_ -= static_cast<std::size_t>(
      std::count_if(entries_.begin(), sent_end, [](const Entry& entry) { return entry.is_over; }));
  std::erase_if(entries_, [](const Entry& entry) { return entry.is_over; });
}

Result<os::Fd> LogLink::add_stream(Entry entry) {
  os::Pipe pipe = TRY(os::create_pipe());
  entry.read_end = std::move(pipe.read_end);
  entries_.push_back(std::move(entry));
  ++open_;
  return std::move(pipe.write_end);
}

Result<RunOutputs> LogLink::open(InstanceId instance, RunId run, const model::Service& service) {
  RunOutputs outputs;
  if (!service.has_outputs()) return outputs;
  if (entries_.size() > 2 * open_ + 16) compact();
  const bool merged = service.log.stderr_to == model::StderrTo::merge;
  const auto kind = merged ? journal::StreamKind::merged : journal::StreamKind::stdout_only;
  outputs.out_stream = stream_number(run, 0);
  outputs.out = TRY(add_stream({outputs.out_stream, instance, run, kind, {}}));
  if (!merged) {
    outputs.err_stream = stream_number(run, 1);
    auto err =
        add_stream({outputs.err_stream, instance, run, journal::StreamKind::stderr_only, {}});
    if (!err) {
      entries_.pop_back();
      --open_;
      return std::unexpected(std::move(err).error());
    }
    outputs.err = std::move(*err);
  }
  opening_ = &service;
  flush();
  opening_ = nullptr;
  return outputs;
}

os::Fd LogLink::writer_for(RunId run) {
  Entry* entry = find(stream_number(run, 1));
  if (entry == nullptr || !entry->read_end.valid()) entry = find(stream_number(run, 0));
  if (entry == nullptr || !entry->read_end.valid()) return {};
  // Opening a pipe anew by its link in /proc gives its other end (proc(5), /proc/PID/fd).
  const std::string link = "/proc/self/fd/" + std::to_string(entry->read_end.number());
  auto opened = os::open_file(link, os::OpenFor::append_create);
  return opened ? std::move(*opened) : os::Fd{};
}

journal::Streams LogLink::describe(const Entry& entry) const {
  journal::Streams streams;
  streams.run = entry.run;
  setting_.names.instance(entry.instance, streams.instance);
  const auto fill = [&](const model::Service& service) {
    streams.settings = journal::settings_of(service.log);
    streams.exec = service.log.exec;
    streams.gid = service.execution.gid;
    streams.set_ids = service.execution.set_ids;
    if (!streams.exec.empty()) streams.groups = service.execution.groups;
    if (service.ready.kind == model::ProbeKind::log) streams.ready_pattern = service.ready.target;
    streams.uid = service.execution.set_ids ? service.execution.uid : own_uid_;
  };
  if (opening_ != nullptr && entry.run == entries_.back().run)
    fill(*opening_);
  else if (const auto service = service_of(setting_.spec, setting_.names, entry.instance))
    fill(*service);
  return streams;
}

LogLink::Sent LogLink::send(const journal::ToWriter& message,
                            std::span<const os::FdView> descriptors) {
  const auto sent = os::send_message(channel_.ours.view(), journal::encode(message), descriptors);
  if (sent) return Sent::yes;
  const int number = sent.error().number;
  const bool full = number == EAGAIN || number == ENOBUFS || number == ENOMEM ||
                    number == ETOOMANYREFS || number == EINTR;
  return full ? Sent::later : Sent::never;
}

bool LogLink::put(const journal::ToWriter& message) { return send(message) != Sent::later; }

journal::Streams LogLink::describe_own(const Own& own) const {
  journal::Streams streams;
  streams.uid = own_uid_;
  streams.ends[0] = {own.entry.number, own.entry.kind};
  if (&own == &events_) {
    streams.instance = events_instance;
    streams.settings = setting_.events;
    return streams;
  }
  streams.instance = own_instance;
  streams.settings.to_console = setting_.foreground;
  streams.settings.format = model::LogFormat::plain;
  return streams;
}

bool LogLink::flush_own(Own& own) {
  if (own.sent || !own.entry.read_end.valid()) return true;
  const std::array<os::FdView, 1> end{own.entry.read_end.view()};
  own.sent = send(describe_own(own), end) != Sent::later;
  return own.sent;
}

bool LogLink::flush_streams() {
  while (unsent_ < entries_.size()) {
    const Entry& first = entries_[unsent_];
    std::size_t taken = 1;
    if (first.read_end.valid()) {
      journal::Streams streams = describe(first);
      std::array<os::FdView, 2> ends{first.read_end.view()};
      streams.ends[0] = {first.number, first.kind};
      if (unsent_ + 1 < entries_.size()) {
        const Entry& second = entries_[unsent_ + 1];
        if (second.run == first.run && second.instance == first.instance &&
            second.read_end.valid()) {
          streams.ends[1] = {second.number, second.kind};
          ends[1] = second.read_end.view();
          taken = 2;
        }
      }
      streams.count = static_cast<std::uint8_t>(taken);
      if (send(streams, std::span(ends).first(taken)) == Sent::later) return false;
    }
    unsent_ += taken;
  }
  return true;
}

bool LogLink::flush_kept() {
  for (Kept& kept : kept_) {
    if (kept.sent || !kept.borrowed.valid()) continue;
    if (send(journal::Keep{kept.key}, std::span(&kept.borrowed, 1)) == Sent::later) return false;
    kept.sent = true;
  }
  return true;
}

bool LogLink::flush_released() {
  while (!released_.empty()) {
    if (!put(journal::Release{released_.back()})) return false;
    released_.pop_back();
  }
  return true;
}

void LogLink::flush() {
  if (!writer_.valid()) return;
  if (!configured_) configured_ = put(setting_.configure);
  bool all = configured_ && flush_own(own_words_) && flush_own(events_) && flush_streams() &&
             flush_kept() && flush_released();
  if (all && !all_sent_) all_sent_ = all = put(journal::AllSent{.pid = writer_pid_});
  if (all && leaving_ && !leave_sent_) leave_sent_ = all = put(journal::Leave{});
  watch_writable(!all);
}

void LogLink::watch_writable(bool wanted) {
  if (wanted == watching_writable_) return;
  const std::uint32_t events = wanted ? os::readable | os::writable : os::readable;
  const auto changed =
      setting_.epoll.modify(channel_.ours.view(), events, pack({Source::log_channel, 0, 0}));
  if (changed) watching_writable_ = wanted;
}

void LogLink::keep(std::uint64_t key, os::FdView descriptor) {
  kept_.push_back({.key = key, .borrowed = descriptor, .given = {}, .sent = false});
  flush();
}

void LogLink::release(std::uint64_t key) {
  const auto at = std::ranges::find(kept_, key, &Kept::key);
  if (at == kept_.end()) return;
  if (at->sent || at->given.valid()) released_.push_back(key);
  kept_.erase(at);
  flush();
}

void LogLink::release_untaken() {
  for (const Kept& kept : kept_)
    if (kept.given.valid()) released_.push_back(kept.key);
  std::erase_if(kept_, [](const Kept& kept) { return kept.given.valid(); });
  flush();
}

os::Fd LogLink::take_kept(std::uint64_t key) {
  const auto at = std::ranges::find(kept_, key, &Kept::key);
  if (at == kept_.end() || !at->given.valid()) return {};
  at->borrowed = at->given.view();
  at->sent = true;
  return std::move(at->given);
}

void LogLink::ready(std::uint32_t events, LogNews& news) {
  if ((events & os::readable) != 0) receive(news);
  if ((events & os::writable) != 0) flush();
}

void LogLink::receive(LogNews& news) {
  std::array<char, journal::most_message_bytes> buffer;
  for (int turn = 0; turn < 256; ++turn) {
    auto received = os::receive_message(channel_.ours.view(), buffer);
    if (!received || received->size == 0) return;
    if (received->truncated) continue;
    const auto message = journal::decode_from_writer({buffer.data(), received->size});
    if (!message) continue;
    take(*message, std::move(received->descriptors[0]), news);
    // What comes behind it is news, which resume_writer() has no use for: the loop reads it.
    if (std::holds_alternative<journal::GivenBackAll>(*message)) return;
  }
}

void LogLink::take(const journal::FromWriter& message, os::Fd descriptor, LogNews& news) {
  if (std::holds_alternative<journal::Hello>(message)) writer_said_hello_ = true;
  if (const auto* end = std::get_if<journal::Ended>(&message)) {
    for (const journal::EndedStream& stream : end->streams) ended(stream, news);
  }
  if (const auto* match = std::get_if<journal::Matched>(&message)) {
    if (const Entry* entry = find(match->number)) matched_.push_back({entry->instance, entry->run});
  }
  if (const auto* given = std::get_if<journal::GivenStream>(&message))
    return take_stream(*given, std::move(descriptor));
  if (const auto* kept = std::get_if<journal::GivenKept>(&message))
    kept_.push_back({.key = kept->key, .borrowed = {}, .given = std::move(descriptor)});
  if (std::holds_alternative<journal::GivenBackAll>(message)) given_back_ = true;
  if (const auto* trouble = std::get_if<journal::Trouble>(&message))
    news.troubles.push_back(*trouble);
}

void LogLink::take_stream(const journal::GivenStream& given, os::Fd descriptor) {
  if (!descriptor.valid() || find(given.number) != nullptr) return;
  const InstanceId instance = setting_.names.find(given.instance);
  // Of an instance that no longer is, and our predecessor's own words: the log writer finishes
  // them, and needs no second holder for that.
  if (instance == no_instance) return;
  const auto at = std::ranges::lower_bound(entries_, given.number, {}, &Entry::number);
  Entry entry{given.number, instance, given.run, given.kind, std::move(descriptor)};
  entry.is_counted = false;  // the one beside it may have ended before us
  entries_.insert(at, std::move(entry));
  ++unsent_;
  ++open_;
}

LogLink::Entry* LogLink::find(std::uint32_t number) {
  const auto at = std::ranges::lower_bound(entries_, number, {}, &Entry::number);
  return at == entries_.end() || at->number != number ? nullptr : &*at;
}

void LogLink::ended(const journal::EndedStream& end, LogNews& news) {
  Entry* entry = find(end.number);
  if (entry == nullptr || !entry->read_end.valid()) return;
  entry->read_end.reset();
  entry->bytes = end.bytes;
  --open_;
  Entry* other = find(end.number ^ 1U);
  if (other != nullptr && other->read_end.valid()) return;
  entry->is_over = true;
  OutputEnd output{entry->instance, entry->run, std::nullopt};
  if (entry->is_counted) output.bytes = entry->bytes;
  if (other != nullptr) {
    other->is_over = true;
    if (!other->is_counted) output.bytes.reset();
    if (output.bytes) *output.bytes += other->bytes;
  }
  news.outputs.push_back(output);
}

bool LogLink::writer_ended(std::uint64_t generation) {
  if (!writer_.valid() || generation != (writer_generation_ & generation_mask)) return false;
  setting_.epoll.remove(writer_.view());
  writer_.reset();
  writer_pid_ = 0;
  restart_at_ = Instant::never();
  if (leave_sent_) return true;
  restart_at_ = writer_said_hello_ ? os::now() : os::now() + writer_retry;
  return true;
}

Status LogLink::tick(Instant now) {
  if (restart_at_ > now) return {};
  restart_at_ = Instant::never();
  return start_writer();
}

void LogLink::leave() {
  leaving_ = true;
  flush();
}

}  // namespace stayd::runtime
