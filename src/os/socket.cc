// SPDX-License-Identifier: Apache-2.0
#include "os/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"
#include "os/retry.h"
#include "os/unix_address.h"

namespace stayd::os {

namespace {

// Newer than glibc 2.36: <asm-generic/socket.h> of kernel 6.5.
constexpr int so_passpidfd = 76;

Status bind_here(FdView socket, const UnixAddress& address) {
  if (::bind(socket.number(), address.get(), address.size) == 0) return {};
  return last_error(std::string("cannot bind ") + address.path());
}

/// Only a socket, only our own: anything else is somebody's.
Status remove_stale(const char* path) {
  struct stat status{};
  if (::lstat(path, &status) != 0) {
    if (errno == ENOENT) return {};
    return last_error(std::string("cannot examine ") + path);
  }
  if (!S_ISSOCK(status.st_mode) || status.st_uid != ::geteuid()) {
    return failure(EADDRINUSE, std::string("cannot bind ") + path +
                                   ": something is there that is no socket of ours; remove it");
  }
  if (::unlink(path) == 0 || errno == ENOENT) return {};
  return last_error(std::string("cannot remove the stale socket ") + path);
}

/// bind(2) gives the file the socket's own mode less the umask: never wider than asked for. What
/// the umask took away is given afterwards, before anyone may be meant to connect.
Status bind_with_mode(FdView socket, const UnixAddress& address, std::uint32_t mode) {
  if (::fchmod(socket.number(), mode) != 0) return last_error("cannot set a socket's mode");
  Status bound = bind_here(socket, address);
  if (!bound && bound.error().number == EADDRINUSE) {
    TRY(remove_stale(address.path()));
    bound = bind_here(socket, address);
  }
  TRY(std::move(bound));
  if (::chmod(address.path(), mode) == 0) return {};
  auto error = last_error(std::string("cannot set the mode of ") + address.path());
  ::unlink(address.path());
  return error;
}

Result<Fd> create_socket(int family, int type) {
  Fd socket(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return last_error("cannot create a socket");
  return socket;
}

Status switch_on(FdView socket, int option) {
  const int on = 1;
  if (::setsockopt(socket.number(), SOL_SOCKET, option, &on, sizeof on) == 0) return {};
  return last_error("cannot set a socket option");
}

}  // namespace

Result<SocketPair> create_message_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return last_error("cannot create a pair of sockets");
  }
  return SocketPair{.ours = Fd(ends[0]), .theirs = Fd(ends[1])};
}

Result<Fd> listen_unix(const std::string& path, std::uint32_t mode, int backlog) {
  const UnixAddress address = TRY(UnixAddress::of(path));
  Fd socket = TRY(create_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK));
  TRY(bind_with_mode(socket.view(), address, mode));
  if (::listen(socket.number(), backlog) != 0) return last_error("cannot listen on " + path);
  return socket;
}

Result<Fd> bind_datagram(const std::string& path, std::uint32_t mode) {
  const UnixAddress address = TRY(UnixAddress::of(path));
  Fd socket = TRY(create_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK));
  TRY(switch_on(socket.view(), SO_PASSCRED));
  (void)switch_on(socket.view(), so_passpidfd);
  TRY(bind_with_mode(socket.view(), address, mode));
  return socket;
}

Result<Fd> connect_unix(const std::string& path) {
  const UnixAddress address = TRY(UnixAddress::of(path));
  Fd socket = TRY(create_socket(AF_UNIX, SOCK_STREAM));
  if (retry([&] { return ::connect(socket.number(), address.get(), address.size); }) != 0) {
    return last_error("cannot connect to " + path);
  }
  return socket;
}

Result<Fd> accept_connection(FdView listener) {
  for (;;) {
    Fd socket(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) return socket;
    if (errno != EINTR && errno != ECONNABORTED) return last_error("cannot accept a connection");
  }
}

Status remove_socket(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) return {};
  if (!S_ISSOCK(status.st_mode)) return failure(ENOTSOCK, path + " is not a socket");
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return last_error("cannot remove the socket " + path);
}

Result<Peer> peer_of(FdView connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection.number(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return last_error("cannot tell who is connected");
  }
  return Peer{.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
}

std::vector<std::uint32_t> peer_groups(FdView connection) {
  std::vector<std::uint32_t> groups(32);
  constexpr int most_tries = 2;  // the second has the size that the first was told
  for (int i = 0; i < most_tries; ++i) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(std::uint32_t));
    const int got =
        ::getsockopt(connection.number(), SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    if (got != 0 && errno != ERANGE) break;
    groups.resize(size / sizeof(std::uint32_t));
    if (got == 0) return groups;
  }
  return {};
}

void shut_sending(FdView socket) { ::shutdown(socket.number(), SHUT_WR); }

Result<Fd> connect_datagram(const std::string& path) {
  const UnixAddress address = TRY(UnixAddress::of(path));
  Fd socket = TRY(create_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK));
  if (retry([&] { return ::connect(socket.number(), address.get(), address.size); }) != 0) {
    return last_error("cannot connect to " + path);
  }
  return socket;
}

int send_datagram(FdView socket, std::string_view bytes) {
  const auto sent =
      retry([&] { return ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  return sent < 0 ? errno : 0;
}

Result<Fd> start_connect_unix(const std::string& path) {
  const UnixAddress address = TRY(UnixAddress::of(path));
  Fd socket = TRY(create_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK));
  if (retry([&] { return ::connect(socket.number(), address.get(), address.size); }) != 0) {
    return last_error("cannot connect to " + path);
  }
  return socket;
}

}  // namespace stayd::os
