// SPDX-License-Identifier: Apache-2.0
// The part of os/socket.h that speaks TCP.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "os/error.h"
#include "os/retry.h"
#include "os/socket.h"

namespace stayd::os {

namespace {

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename Address>
TcpAddress stored(const Address& address) {
  TcpAddress made;
  std::memcpy(&made.storage, &address, sizeof address);
  made.size = sizeof address;
  return made;
}

bool parse_port(std::string_view text, in_port_t& into) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  into = htons(port);
  return error == std::errc{} && at == end && port != 0;
}

Result<TcpAddress> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::string host(text.substr(0, colon));
    const std::string_view port = text.substr(colon + 1);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1 &&
        parse_port(port, four.sin_port)) {
      return stored(four);
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed && ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1 &&
        parse_port(port, six.sin6_port)) {
      return stored(six);
    }
  }
  return failure(EINVAL, "\"" + std::string(text) +
                             "\" is not a numeric address and port, such as 127.0.0.1:80");
}

/// TCP's simultaneous open: where nobody listens on a port of the ephemeral range, a connect may
/// meet itself.
bool connected_to_itself(FdView socket) {
  sockaddr_storage ours{}, theirs{};
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      ::getpeername(socket.number(), reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0) {
    return false;
  }
  const bool tcp = ours.ss_family == AF_INET || ours.ss_family == AF_INET6;
  return tcp && our_size == their_size && std::memcmp(&ours, &theirs, our_size) == 0;
}

}  // namespace

Result<Fd> start_connect_tcp(std::string_view address) {
  const TcpAddress to = TRY(parse_address(address));
  Fd socket(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return last_error("cannot create a socket");
  // A connect that was interrupted goes on by itself: EINTR is EINPROGRESS here (connect(2)).
  if (::connect(socket.number(), to.get(), to.size) == 0 || errno == EINPROGRESS ||
      errno == EINTR) {
    return socket;
  }
  return last_error("cannot connect to " + std::string(address));
}

int connect_outcome(FdView socket) {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) return errno;
  if (number == 0 && connected_to_itself(socket)) return ECONNREFUSED;
  return number;
}

}  // namespace stayd::os
