// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/mailbox.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace stayd::app {

std::optional<Letter> Mailbox::next() {
  std::array<char, journal::most_message_bytes> packet;
  while (channel_.valid()) {
    auto received = os::receive_message(channel_.view(), packet);
    // A peer that closed with something unread: the kernel says so once, before what it had sent.
    if (!received && received.error().number == ECONNRESET) {
      received = os::receive_message(channel_.view(), packet);
    }
    if (!received) {
      if (received.error().number != EAGAIN) channel_.reset();
      return std::nullopt;
    }
    if (received->size == 0) {
      channel_.reset();
      return std::nullopt;
    }
    if (received->truncated) continue;
    auto message = journal::decode_to_writer({packet.data(), received->size});
    if (!message) continue;
    return Letter{.message = std::move(*message),
                  .descriptor_count = received->descriptor_count,
                  .descriptors = std::move(received->descriptors)};
  }
  return std::nullopt;
}

Sent Mailbox::send(const journal::FromWriter& message, std::span<const os::FdView> descriptors) {
  if (!channel_.valid()) return Sent::sent;
  const auto sent = os::send_message(channel_.view(), journal::encode(message), descriptors);
  if (sent) return Sent::sent;
  switch (sent.error().number) {
    case EAGAIN: return Sent::later;
    case ETOOMANYREFS:
    case ENOMEM:
    case ENOBUFS: return Sent::soon;
    default: return Sent::sent;  // the peer is gone: next() finds that out
  }
}

}  // namespace stayd::app
