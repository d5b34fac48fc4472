// SPDX-License-Identifier: Apache-2.0
// The parts of os/socket.h that carry descriptors: sendmsg(2), recvmsg(2), cmsg(3).
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/error.h"
#include "os/retry.h"
#include "os/socket.h"

namespace stayd::os {

namespace {

constexpr int scm_pidfd = 0x04;  // SCM_PIDFD, kernel 6.5; glibc 2.36 lacks it

constexpr std::size_t rights_space = CMSG_SPACE(most_descriptors * sizeof(int));
constexpr std::size_t receive_space =
    rights_space + CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int));

void attach(msghdr& header, std::span<const FdView> descriptors) {
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    const int number = descriptors[i].number();
    std::memcpy(CMSG_DATA(part) + i * sizeof number, &number, sizeof number);
  }
}

void take_descriptors(Received& into, const cmsghdr& part) {
  const std::size_t count = (part.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(&part) + i * sizeof number, sizeof number);
    Fd owned(number);
    if (into.descriptor_count == most_descriptors) {
      into.truncated = true;  // this one is closed here
    } else {
      into.descriptors[into.descriptor_count++] = std::move(owned);
    }
  }
}

void take_part(Received& into, const cmsghdr& part) {
  if (part.cmsg_level != SOL_SOCKET) return;
  if (part.cmsg_type == SCM_RIGHTS) {
    take_descriptors(into, part);
  } else if (part.cmsg_type == SCM_CREDENTIALS) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(&part), sizeof sender);
    into.sender = Peer{.pid = sender.pid, .uid = sender.uid, .gid = sender.gid};
  } else if (part.cmsg_type == scm_pidfd) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(&part), sizeof number);
    into.sender_process = Fd(std::max(number, -1));  // negative: the sender is gone
  }
}

}  // namespace

Result<std::size_t> send_message(FdView socket, std::string_view bytes,
                                 std::span<const FdView> descriptors) {
  if (descriptors.size() > most_descriptors) {
    return error_of(ETOOMANYREFS, "cannot send a message");
  }
  iovec content{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char space[rights_space] = {};
  if (!descriptors.empty()) {
    header.msg_control = space;
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    attach(header, descriptors);
  }
  const ssize_t sent =
      retry([&] { return ::sendmsg(socket.number(), &header, MSG_NOSIGNAL | MSG_DONTWAIT); });
  if (sent < 0) return last_error("cannot send a message");
  return static_cast<std::size_t>(sent);
}

Result<Received> receive_message(FdView socket, std::span<char> into) {
  iovec content{.iov_base = into.data(), .iov_len = into.size()};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char space[receive_space];
  header.msg_control = space;
  header.msg_controllen = sizeof space;
  const ssize_t got =
      retry([&] { return ::recvmsg(socket.number(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT); });
  if (got < 0) return last_error("cannot receive a message");
  Received received;
  received.size = static_cast<std::size_t>(got);
  received.truncated = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    take_part(received, *part);
  }
  if (received.truncated) {
    received.descriptors = {};
    received.descriptor_count = 0;
  }
  return received;
}

}  // namespace stayd::os
