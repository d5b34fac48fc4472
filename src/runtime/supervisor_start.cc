// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "journal/reader.h"
#include "os/process.h"
#include "runtime/supervisor.h"

namespace stayd::runtime {
namespace {

constexpr std::array log_things{Held::log_ours, Held::log_theirs, Held::private_read,
                                Held::private_write, Held::private_word};

/// The channel as a predecessor left it with the keeper, or a new one.
Result<LogChannel> log_channel(Foundation& foundation) {
  for (const Held thing : log_things)
    if (!foundation.at(thing).valid()) return LogChannel::create();
  LogChannel channel;
  channel.ours = std::move(foundation.at(Held::log_ours));
  channel.theirs = std::move(foundation.at(Held::log_theirs));
  channel.private_pipe = {std::move(foundation.at(Held::private_read)),
                          std::move(foundation.at(Held::private_write)),
                          std::move(foundation.at(Held::private_word))};
  return channel;
}

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::create(Foundation foundation) {
  const bool takes_over = foundation.generation > 1;
  LogChannel channel = TRY(log_channel(foundation));
  SupervisorRecord record;
  (void)foundation.ledger.read(record);
  if (record.since.ns == 0) record.since = os::wall_now();
  std::unique_ptr<Supervisor> supervisor(
      new Supervisor(std::move(foundation), record, std::move(channel)));
  TRY(supervisor->containment_.claimed());
  TRY(supervisor->begin());
  supervisor->record_beginning();
  if (takes_over) {
    TRY(supervisor->resume());
  } else {
    supervisor->boot();
  }
  supervisor->tell_changes();
  supervisor->words_.flush();
  supervisor->events_.flush();
  (void)send_link(supervisor->base_.keeper.view(), {.kind = LinkKind::started});
  return supervisor;
}

Status Supervisor::begin() {
  // A step allocates nothing from here on.
  const std::size_t instances = runs_.all.size();
  outcome_.actions.reserve(instances + 64);
  outcome_.touched.reserve(instances + 64);
  actions_.reserve(2 * instances + 128);
  facts_.reserve(256);
  facts_under_way_.reserve(256);
  now_ = os::now();
  wall_ = os::wall_now();
  events_.set_time(now_, wall_);
  TRY(base_.epoll.add(base_.keeper.view(), os::readable, pack({Source::keeper, 0, 0})));
  TRY(base_.epoll.add(base_.signals.fd(), os::readable, pack({Source::signals, 0, 0})));
  TRY(base_.epoll.add(base_.timer.fd(), os::readable, pack({Source::timer, 0, 0})));
  if (containment_.fd().valid())
    TRY(base_.epoll.add(containment_.fd(), os::readable, pack({Source::containment, 0, 0})));
  hold_cgroup();
  TRY(begin_logs());
  return begin_control();
}

Status Supervisor::begin_logs() {
  TRY(logs_.begin());
  words_.begin(TRY(logs_.open_own_words()));
  if (base_.settings.events) events_.begin(TRY(logs_.open_events()));
  if (base_.generation > 1 && record_.log_writer_pid != 0 &&
      logs_.resume_writer(record_.log_writer_pid, milliseconds(500)))
    return {};
  TRY(hold_log_channel());
  return logs_.start_writer();
}

/// Before the first log writer is there: nobody is to find one without its channel.
Status Supervisor::hold_log_channel() {
  const LogChannel& channel = logs_.channel();
  const std::array<os::FdView, log_things.size()> descriptors{
      channel.ours.view(), channel.theirs.view(), channel.private_pipe.read_end.view(),
      channel.private_pipe.write_end.view(), channel.private_pipe.shared.view()};
  LinkMessage message{.kind = LinkKind::hold};
  for (const Held thing : log_things)
    message.present =
        static_cast<std::uint16_t>(message.present | 1U << static_cast<unsigned>(thing));
  return send_link(base_.keeper.view(), message, descriptors);
}

Status Supervisor::begin_control() {
  os::Fd& listener = base_.at(Held::listener);
  if (!listener.valid()) return {};
  const model::Supervisor& settings = base_.settings;
  control::Access access{.owner_uid = os::own_uid(),
                         .operator_uids = settings.operator_uids,
                         .operator_gids = settings.operator_gids,
                         .viewer_uids = settings.viewer_uids,
                         .viewer_gids = settings.viewer_gids};
  server_ = TRY(
      control::Server::create(std::move(listener), std::move(access), STAYD_VERSION, *this, desk_));
  desk_.attach(server_.get());
  return {};
}

void Supervisor::boot() {
  state_.seed(os::random_seed());
  state_.number_runs_behind(journal::greatest_run(base_.settings.log_dir));
  facts_.push_back({.kind = core::EventKind::boot});
  settle();
}

}  // namespace stayd::runtime
