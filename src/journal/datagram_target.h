// SPDX-License-Identifier: Apache-2.0
// A program that takes log messages as datagrams on a Unix socket: a syslog daemon, systemd's
// journal.
//
// It never holds up a service: while the receiver is slow, away or restarted, up to 256 KiB wait
// for it; what comes beyond is dropped and counted. Sending to a path that is not there is tried
// again twice a second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "os/fd.h"

namespace stayd::journal {

/// A receiver that cannot be reached or does not keep up, from the first failure until the
/// supervisor knows that it is over.
struct TargetTrouble {
  std::string text;  ///< why, for a person; empty: none
  std::uint64_t dropped_bytes = 0;
  Instant over_at;
  bool begin_told = false;
  bool over = false;

  /// The first reason is kept. With none after it before `until`, it is over.
  void note_failure(std::string why, Instant until);
};

struct Dropped {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

class DatagramTarget {
 public:
  explicit DatagramTarget(std::string path) : path_(std::move(path)) {}

  /// Sends it, keeps it for later, or drops it.
  void send(std::string_view message, Instant now);
  /// Sends what waits, as far as the receiver takes it.
  void drain(Instant now);
  /// Every half second while there is a trouble: connects, drains, ends the trouble.
  void retry(Instant now);
  [[nodiscard]] bool is_full() const;
  /// What was dropped since the last call, once the receiver takes messages again: to be told to
  /// it. No messages: nothing.
  Dropped take_dropped();

  /// To be watched for being writable: while something waits and `connection` is not 0. Each
  /// connection has a number of its own.
  [[nodiscard]] std::uint32_t waits_on() const { return waiting_.empty() ? 0 : connection_; }
  [[nodiscard]] std::uint32_t connection() const { return connection_; }
  [[nodiscard]] os::FdView fd() const { return socket_.view(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  TargetTrouble& trouble() { return trouble_; }
  [[nodiscard]] bool in_trouble() const { return !trouble_.text.empty(); }

 private:
  int put(std::string_view message, Instant now);
  int connect(Instant now);
  void keep(std::string_view message, Instant now);

  std::string path_;
  os::Fd socket_;
  std::uint32_t connection_ = 0;  ///< 0: not connected
  std::uint32_t last_connection_ = 0;
  Instant next_connect_{};
  std::string waiting_;   ///< messages, each behind its length (u32)
  std::size_t sent_ = 0;  ///< of waiting_
  Dropped dropped_;
  TargetTrouble trouble_;
};

}  // namespace stayd::journal
