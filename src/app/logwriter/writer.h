// SPDX-License-Identifier: Apache-2.0
// The log writer's loop.
//
// A stream rests in epoll while it is quiet. One that writes often would run the wakeup for each of
// its lines, so it leaves epoll ("hot") and is looked at every 0.2 to 1 ms, which gathers its
// lines, until two looks find nothing. While nothing is hot, waits or is in trouble, nothing wakes
// this process but its descriptors.
//
// Whatever is to be said to the supervisor is derived from this state when there is room in the
// channel; no queue grows while a supervisor is away.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "app/logwriter/consumers.h"
#include "app/logwriter/gathering.h"
#include "app/logwriter/housekeeper.h"
#include "app/logwriter/logwriter.h"
#include "app/logwriter/mailbox.h"
#include "app/logwriter/pipe_widths.h"
#include "base/result.h"
#include "journal/console.h"
#include "journal/log_set.h"
#include "journal/pump.h"
#include "journal/stream_table.h"
#include "os/dying.h"
#include "os/epoll.h"
#include "os/signals.h"
#include "os/splice_team.h"

namespace stayd::app {

class Writer {
 public:
  /// Takes the descriptors over.
  static Result<std::unique_ptr<Writer>> create(const LogWriterFds& descriptors);
  /// Until Leave, or until the channel is closed and no stream is left.
  Status run();

 private:
  using Slot = journal::StreamTable::Slot;
  struct KeptDescriptor {
    std::uint64_t key = 0;
    os::Fd descriptor;
  };
  /// How far the answer to GiveBack has come.
  struct GivingBack {
    Slot slot = 0;
    std::size_t kept = 0;
  };

  Writer(os::Epoll epoll, os::SignalFd signals, Mailbox mailbox, journal::PrivatePipe pipe,
         journal::OwnerWord owner);

  // The loop (writer.cc)
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] Duration until_next_deadline() const;
  void dispatch(const os::Ready& ready);
  void take_signals();
  void keep_house();
  void watch_console(journal::ConsoleSide side);
  void watch_receiver(journal::Receiver receiver);
  void dispatch_stream(std::uint64_t token);

  // Streams (writer_streams.cc)
  void watch(Slot slot);
  void look(Slot slot);
  void look_at_hot();
  void move_together(std::span<const Slot> group);
  void note_hot(Slot slot, std::size_t bytes, const journal::Stamp& now);
  void look_at_hot(Slot slot);
  void heat(Slot slot);
  void cool(Slot slot);
  void block(Slot slot);
  void end(Slot slot);
  void rest(Slot slot);
  void retry_all();
  void look_at_blocked();

  // Messages (writer_messages.cc)
  void receive();
  void take(const journal::Configure& message, Letter& letter);
  void take(const journal::Streams& message, Letter& letter);
  void take(const journal::Keep& message, Letter& letter);
  void take(const journal::Release& message, Letter& letter);
  void take(const journal::Discard& message, Letter& letter);
  void take(const journal::AllSent& message, Letter& letter);
  void take(const journal::GiveBack& message, Letter& letter);
  void take(const journal::Leave& message, Letter& letter);
  void add_stream(const journal::Streams& message, std::size_t index, os::Fd read_end);
  void discard(std::uint32_t number);
  void tell_troubles_again();
  void drain_console();
  [[nodiscard]] bool has_letters() const;
  void send_waiting();
  Sent send_what_waits();
  Sent give_back();
  Sent tell_matched();
  Sent tell_match(journal::Stream& stream);
  Sent tell_ended();
  void forget(std::uint32_t number);
  Sent tell_troubles();
  Sent tell_target_troubles();
  Sent tell_compression_trouble(journal::Instance& instance, journal::LogKind kind);
  Sent tell_target_trouble(journal::TargetTrouble& trouble, journal::Trouble message);
  Sent tell_trouble(journal::Instance& instance, journal::LogFile& file);

  os::Epoll epoll_;
  os::SignalFd signals_;
  Mailbox mailbox_;
  journal::LogSet logs_;
  Housekeeper housekeeper_;
  journal::Console console_;
  journal::Pump pump_;
  journal::StreamTable streams_;
  PipeWidths widths_;
  Consumers consumers_;
  std::vector<Slot> hot_;      ///< those to be looked at next come first
  std::size_t looked_at_ = 0;  ///< of them, since the last pause
  os::SpliceTeam team_;
  std::vector<KeptDescriptor> kept_;
  std::vector<std::uint32_t> ended_;  ///< numbers that the supervisor has not been told
  /// Before the first Configure: what a predecessor left unread in the channel came first.
  std::vector<std::uint32_t> discarded_early_;
  std::optional<GivingBack> giving_back_;
  Instant now_;
  Instant retry_at_ = Instant::never();
  Instant send_again_at_ = Instant::never();
  std::uint32_t blocked_ = 0;  ///< streams in that state
  std::array<bool, 2> console_watched_{};
  std::array<std::uint32_t, 2> receivers_watched_{};  ///< which connection of each
  bool is_configured_ = false;
  bool hello_waits_ = true;
  bool channel_is_full_ = false;
  bool troubles_changed_ = false;
  bool matches_wait_ = false;          ///< of which the supervisor has not been told
  std::uint32_t wakes_in_a_row_ = 0;   ///< with little between them
  Gathering gathering_;                ///< between two looks at hot streams
  os::Dying dying_{microseconds(25)};  ///< at the other ends: two outputs each, usually
  bool leaving_ = false;
};

}  // namespace stayd::app
