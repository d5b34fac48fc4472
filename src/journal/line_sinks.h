// SPDX-License-Identifier: Apache-2.0
// What takes a service's output line by line, beside its file: the console as JSON, a syslog
// daemon, systemd's journal.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/console.h"
#include "journal/datagram_target.h"
#include "journal/index_format.h"
#include "journal/line_assembler.h"
#include "journal/line_messages.h"
#include "journal/stream_table.h"

namespace stayd::journal {

enum class Receiver : std::uint8_t { syslog, journal };
inline constexpr std::array<Receiver, 2> receivers{Receiver::syslog, Receiver::journal};
/// "syslog (/dev/log)": for messages.
std::string phrase(Receiver receiver);

class LineSinks {
 public:
  explicit LineSinks(Console& console);

  /// Whether a stream with these settings has any.
  [[nodiscard]] static bool are_wanted(const StreamSettings& settings);
  void take(const Stream& stream, std::string_view bytes, const Stamp& now);
  /// The stream is at its end.
  void end(const Stream& stream, const Stamp& now);

  DatagramTarget& target(Receiver receiver) { return targets_[static_cast<std::size_t>(receiver)]; }
  /// It can take more. It is told what it did not get meanwhile.
  void drain(Receiver receiver, const Stamp& now);
  /// Every half second while any is in trouble.
  void retry(const Stamp& now);
  [[nodiscard]] bool in_trouble() const;

 private:
  void give(const Stream& stream, std::string_view part, PartEnd end, const Stamp& now);
  void show_object(const Stream& stream, std::string_view part, PartEnd end, WallTime at);
  void send(Receiver receiver, const LineMessage& message, Instant now);
  void tell_dropped(Receiver receiver, Instant now);

  Console& console_;
  LineAssembler lines_;
  std::array<DatagramTarget, 2> targets_;
  std::string text_;
};

}  // namespace stayd::journal
