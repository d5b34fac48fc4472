// SPDX-License-Identifier: Apache-2.0
// A real server on a real socket, driven turn by turn in the test's own thread.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "control/frame.h"
#include "control/server.h"
#include "os/epoll.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/socket.h"

namespace stayd::control {

/// A folder of its own below $TMPDIR, with one file name in it; both removed at the end.
class SocketPath {
 public:
  explicit SocketPath(std::string_view purpose) {
    static int count = 0;
    const std::string temporary = os::environment("TMPDIR");
    folder_ = (temporary.empty() ? "/tmp" : temporary) + "/stayd-test-" +
              std::to_string(os::own_pid()) + "-" + std::to_string(++count);
    REQUIRE(os::make_folders(folder_, 0700));
    path_ = folder_ + "/" + std::string(purpose);
  }
  ~SocketPath() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

class EpollWatcher final : public Watcher {
 public:
  explicit EpollWatcher(os::Epoll& epoll) : epoll_(epoll) {}
  Status add(os::FdView fd, std::uint32_t events, std::uint32_t token) override {
    return epoll_.add(fd, events, token);
  }
  Status modify(os::FdView fd, std::uint32_t events, std::uint32_t token) override {
    return epoll_.modify(fd, events, token);
  }
  void remove(os::FdView fd) override { epoll_.remove(fd); }

 private:
  os::Epoll& epoll_;
};

/// Notes what it is told; answers only when the test does.
class NotingHandler final : public Handler {
 public:
  struct Call {
    ConnectionId connection{};
    Request request;
    Caller caller;
  };
  std::vector<Call> calls;
  std::vector<Request> refusals;
  std::vector<ConnectionId> left;

  void handle(ConnectionId connection, const Request& request, const Caller& caller) override {
    calls.push_back({connection, request, caller});
  }
  void refused(const Request& request, const Caller& /*caller*/) override {
    refusals.push_back(request);
  }
  void gone(ConnectionId connection) override { left.push_back(connection); }
};

class TestServer {
 public:
  explicit TestServer(Access access = {.owner_uid = os::own_uid()}) {
    auto listener = os::listen_unix(path(), 0600, 128);
    REQUIRE(listener);
    auto server =
        Server::create(std::move(*listener), std::move(access), "0.0-test", watcher_, handler_);
    REQUIRE(server);
    server_ = std::move(*server);
  }

  /// Lets the server do everything that it can do now. Bounded.
  void turn() {
    constexpr int most_turns = 2'000;
    for (last_turns_ = 0; last_turns_ < most_turns; ++last_turns_) {
      if (server_->next_deadline() <= now_) server_->tick(now_);
      std::array<os::Ready, 16> room;
      const auto ready = epoll_.wait(room, Duration{});
      REQUIRE(ready);
      if (ready->empty()) return;
      for (const auto& [token, events] : *ready) {
        server_->ready(static_cast<std::uint32_t>(token), events, now_);
      }
    }
  }
  /// The same with the clock moved on.
  void pass(Duration span) {
    now_ = now_ + span;
    server_->tick(now_);
    turn();
  }
  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  NotingHandler& handler() { return handler_; }
  [[nodiscard]] const std::string& path() const { return path_.path(); }
  [[nodiscard]] Instant now() const { return now_; }
  /// How often the server was called by the last turn().
  [[nodiscard]] int last_turns() const { return last_turns_; }

 private:
  SocketPath path_{"control"};
  os::Epoll epoll_ = os::Epoll::create().value();
  EpollWatcher watcher_{epoll_};
  NotingHandler handler_;
  std::unique_ptr<Server> server_;
  Instant now_{seconds(1'000).ns};
  int last_turns_ = 0;
};

/// A peer that says and hears plain bytes.
class RawPeer {
 public:
  explicit RawPeer(TestServer& server) : server_(server) {
    auto socket = os::connect_unix(server.path());
    REQUIRE(socket);
    socket_ = std::move(*socket);
    REQUIRE(os::set_nonblocking(socket_.view()));
  }
  /// Sends all that the socket takes, the server turning meanwhile.
  void say(std::string_view bytes) {
    server_.turn();
    while (!bytes.empty()) {
      const auto count = os::send_message(socket_.view(), bytes);
      if (!count) break;
      bytes.remove_prefix(*count);
      server_.turn();
    }
  }
  /// Sends one message with its NUL.
  void call(std::string_view message) { say(std::string(message) + '\0'); }
  /// Every whole message that has come, the server turning meanwhile; empty when none.
  std::vector<std::string> hear() {
    server_.turn();
    std::vector<std::string> messages;
    std::array<char, 65'536> buffer;
    while (!ended_) {
      const auto count = os::read_some(socket_.view(), buffer);
      if (!count && count.error().number == EAGAIN) break;
      ended_ = !count || *count == 0;
      if (ended_) break;
      frames_.append({buffer.data(), *count});
      while (const auto message = frames_.next()) messages.emplace_back(*message);
      server_.turn();
    }
    return messages;
  }
  /// hear, which must give exactly one.
  std::string hear_one() {
    auto messages = hear();
    REQUIRE_EQ(messages.size(), 1);
    return messages[0];
  }
  /// Whether the server has ended the connection (after hear).
  [[nodiscard]] bool ended() const { return ended_; }
  /// Sends without giving the server a turn.
  void shout(std::string_view bytes) { static_cast<void>(os::send_message(socket_.view(), bytes)); }
  void finish_sending() { os::shut_sending(socket_.view()); }
  void hang_up() { socket_.reset(); }

 private:
  TestServer& server_;
  os::Fd socket_;
  FrameReader frames_;
  bool ended_ = false;
};

inline std::string call_text(std::string_view method, std::string_view parameters = "{}") {
  return R"({"method":")" + std::string(method) + R"(","parameters":)" + std::string(parameters) +
         "}";
}

}  // namespace stayd::control
