// SPDX-License-Identifier: Apache-2.0
// Unix sockets (unix(7)), and TCP as far as probes need it. All close-on-exec, all non-blocking but
// where it says otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

inline constexpr std::size_t most_descriptors = 16;  ///< in one message

struct SocketPair {
  Fd ours;
  Fd theirs;
};
/// SOCK_SEQPACKET: message boundaries kept, descriptors travel.
Result<SocketPair> create_message_pair();

/// Binds and listens on `path` (any length: bound through /proc/self/fd of its folder when longer
/// than sun_path's 107 bytes), mode set before anyone can connect. Replaces a stale socket file,
/// only a socket, only our own. The caller holds the lock that says that it may.
Result<Fd> listen_unix(const std::string& path, std::uint32_t mode, int backlog);
/// A datagram socket at `path`, SO_PASSCRED and (where the kernel has it) SO_PASSPIDFD set.
Result<Fd> bind_datagram(const std::string& path, std::uint32_t mode);
/// A datagram socket whose messages go to the one at `path`. Not blocking.
Result<Fd> connect_datagram(const std::string& path);
/// 0, or errno: EAGAIN (the receiver's queue is full), ECONNREFUSED (it is gone), EMSGSIZE.
int send_datagram(FdView socket, std::string_view bytes);
Result<Fd> connect_unix(const std::string& path);  ///< blocking connect, stream
Result<Fd> accept_connection(FdView listener);     ///< EAGAIN, EMFILE: Error with that number
Status remove_socket(const std::string& path);

struct Peer {
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
Result<Peer> peer_of(FdView connection);  ///< SO_PEERCRED
/// Supplementary groups of the peer (SO_PEERGROUPS).
std::vector<std::uint32_t> peer_groups(FdView connection);
/// shutdown(2), SHUT_WR: the peer reads an end of file and may still answer.
void shut_sending(FdView socket);

/// One message with at most most_descriptors. Never waits, never raises SIGPIPE. EAGAIN: not sent,
/// Error with that number.
Result<std::size_t> send_message(FdView socket, std::string_view bytes,
                                 std::span<const FdView> descriptors = {});

struct Received {
  std::size_t size = 0;    ///< 0: end of file (stream, seqpacket), an empty message (datagram)
  bool truncated = false;  ///< longer than the buffer, or more descriptors than we take: what came
                           ///< is of no use, and its descriptors are closed
  std::uint8_t descriptor_count = 0;
  std::array<Fd, most_descriptors> descriptors;
  std::optional<Peer> sender;  ///< SCM_CREDENTIALS
  Fd sender_process;           ///< SCM_PIDFD; invalid before kernel 6.5
};
/// recvmsg(MSG_CMSG_CLOEXEC | MSG_DONTWAIT). Every descriptor that came is in `descriptors` or
/// closed.
Result<Received> receive_message(FdView socket, std::span<char> into);

/// A connect that may still be under way: writable when connect_outcome can tell. EAGAIN from the
/// unix one: the listener's queue is full.
Result<Fd> start_connect_unix(const std::string& path);
/// `address` is numeric: "127.0.0.1:80", "[::1]:80".
Result<Fd> start_connect_tcp(std::string_view address);
/// SO_ERROR: 0 when connected. A connection that TCP made of us with ourselves is ECONNREFUSED.
int connect_outcome(FdView socket);

}  // namespace stayd::os
