// SPDX-License-Identifier: Apache-2.0
#include "control/client.h"

#include <array>
#include <cerrno>

#include "os/clock.h"
#include "os/pipe.h"
#include "os/socket.h"

namespace stayd::control {
namespace {
constexpr std::size_t read_size = 64 * 1024;
constexpr std::uint64_t token = 0;  // the only descriptor watched
}  // namespace

Result<Client> Client::connect(const std::string& path) {
  os::Fd socket = TRY(os::connect_unix(path));
  TRY(os::set_nonblocking(socket.view()));
  os::Epoll epoll = TRY(os::Epoll::create());
  TRY(epoll.add(socket.view(), os::readable, token));
  return Client(std::move(socket), std::move(epoll));
}

Status Client::wait(std::uint32_t events, Instant deadline) {
  TRY(epoll_.modify(socket_.view(), events, token));
  while (true) {
    Duration left{-1};
    if (deadline != Instant::never()) {
      left = deadline - os::now();
      if (left <= Duration{}) return failure(ETIMEDOUT, "no answer in time");
    }
    std::array<os::Ready, 1> ready;
    if (!TRY(epoll_.wait(ready, left)).empty()) return {};
  }
}

Status Client::send(const Request& request) {
  std::string message = encode_request(request);
  message.push_back('\0');
  std::string_view rest = message;
  while (!rest.empty()) {
    const auto count = os::send_message(socket_.view(), rest);
    if (count) {
      rest.remove_prefix(*count);
      continue;
    }
    if (count.error().number != EAGAIN) return std::unexpected(count.error());
    TRY(wait(os::writable, Instant::never()));
  }
  return {};
}

Result<std::string_view> Client::receive(Instant deadline) {
  while (true) {
    if (const auto message = frames_.next()) return *message;
    std::array<char, read_size> buffer;
    const auto count = os::read_some(socket_.view(), buffer);
    if (!count) {
      if (count.error().number != EAGAIN) return std::unexpected(count.error());
      TRY(wait(os::readable, deadline));
      continue;
    }
    if (*count == 0) return failure(ECONNRESET, "the supervisor ended the connection");
    // There is more of it: pages that it does not fill cost nothing.
    if (*count == buffer.size()) frames_.reserve(most_message_bytes);
    if (frames_.append({buffer.data(), *count}) == FrameState::too_long) {
      return failure("the supervisor's reply is too long");
    }
  }
}

Result<ReplyContent> Client::call(const Request& request, Instant deadline) {
  TRY(send(request));
  return decode_reply(TRY(receive(deadline)));
}

}  // namespace stayd::control
