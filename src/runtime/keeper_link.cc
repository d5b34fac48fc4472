// SPDX-License-Identifier: Apache-2.0
#include "runtime/keeper_link.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "os/poll.h"
#include "os/socket.h"

namespace stayd::runtime {
namespace {

std::string_view bytes_of(const LinkMessage& message) {
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

}  // namespace

Status try_send_link(os::FdView socket, const LinkMessage& message,
                     std::span<const os::FdView> descriptors) {
  (void)TRY(os::send_message(socket, bytes_of(message), descriptors));
  return {};
}

Status send_link(os::FdView socket, const LinkMessage& message,
                 std::span<const os::FdView> descriptors) {
  while (true) {
    auto sent = try_send_link(socket, message, descriptors);
    if (sent || sent.error().number != EAGAIN) return sent;
    TRY(os::wait_writable(socket));
  }
}

Result<LinkReceived> receive_link(os::FdView socket) {
  LinkReceived received;
  char packet[sizeof(LinkMessage)];
  auto answer = os::receive_message(socket, packet);
  // The peer closed and left something unread (a signal that came too late). The kernel says so
  // once, before the messages that the peer had sent: unix_release_sock, __skb_try_recv_datagram.
  if (!answer && answer.error().number == ECONNRESET) answer = os::receive_message(socket, packet);
  auto got = TRY(std::move(answer));
  if (got.size == 0) {
    received.closed = true;
    return received;
  }
  if (got.truncated || got.size != sizeof packet || got.descriptor_count > held_count) {
    return failure(EBADMSG, "a message of another form between keeper and supervisor");
  }
  std::ranges::copy(packet, reinterpret_cast<char*>(&received.message));
  received.descriptor_count = got.descriptor_count;
  std::move(got.descriptors.begin(), got.descriptors.begin() + got.descriptor_count,
            received.descriptors);
  return received;
}

}  // namespace stayd::runtime
