// SPDX-License-Identifier: Apache-2.0
// The log writer's end of the channel to its supervisor (journal/protocol.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "journal/protocol.h"
#include "os/fd.h"
#include "os/socket.h"

namespace stayd::app {

struct Letter {
  journal::ToWriter message;
  std::uint8_t descriptor_count = 0;
  std::array<os::Fd, os::most_descriptors> descriptors;
};

enum class Sent : std::uint8_t {
  sent,   ///< or nobody is there to read it
  later,  ///< there is no room; ask again when the channel is writable
  soon,   ///< too many descriptors are on their way; ask again after a while
};

class Mailbox {
 public:
  explicit Mailbox(os::Fd channel) : channel_(std::move(channel)) {}
  /// The next letter, or none at present. What cannot be understood (a newer kind, a wrong message)
  /// is passed over. After the end of file is_open() is false.
  std::optional<Letter> next();
  Sent send(const journal::FromWriter& message, std::span<const os::FdView> descriptors = {});
  [[nodiscard]] bool is_open() const { return channel_.valid(); }
  [[nodiscard]] os::FdView fd() const { return channel_.view(); }
  void close() { channel_.reset(); }

 private:
  os::Fd channel_;
};

}  // namespace stayd::app
