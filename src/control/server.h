// SPDX-License-Identifier: Apache-2.0
// The control socket's server: a passive object that the supervisor's one loop drives.
//
//     epoll says "token 7 is readable" -> server.ready(7, events, now)
//         -> handler.handle(connection, request, caller)        for each whole, permitted call
//             -> server.send(connection, reply)                 at once, or any time later
//
// It knows sockets, frames, rights and limits, and nothing of services. Per connection one call is
// under way at a time: the next one is read when the last reply to this one (Continues::no) has
// been sent and taken, so that replies cannot come out of order and an eager caller waits in its
// own socket. What a peer can cost is bounded in every direction:
//
//   connections       256; of one uid that is neither root nor the owner, 64. A newcomer beyond
//   that
//                     takes the place of the connection that has been idle longest, and is refused
//                     if none is idle
//   descriptors       one is kept in reserve, so that accept(2) failing with EMFILE neither spins
//   nor
//                     leaves peers without an answer
//   a message         1 MiB, nested 16 deep; of all half-received ones together 4 MiB
//   time              a message that has begun is whole within 10 s
//   unsent replies    64 messages a subscriber, then it is told how many it missed; 16 MiB in all:
//                     beyond, the connection that has not read for longest is closed
//
// A peer that breaks the protocol gets one error and is closed; it never makes anyone else wait.
// A peer that has shut down its sending side still gets its replies.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "control/frame.h"
#include "control/reply.h"
#include "control/request.h"
#include "os/fd.h"
#include "os/socket.h"

namespace stayd::control {

inline constexpr std::size_t most_connections = 256;
inline constexpr std::size_t most_connections_of_uid = 64;
inline constexpr std::size_t most_unsent_replies = 64;
inline constexpr std::size_t most_unsent_bytes = std::size_t{16} << 20U;
inline constexpr std::size_t most_half_received_bytes = std::size_t{4} << 20U;
inline constexpr Duration longest_message_time = seconds(10);

/// Names a connection for all of the supervisor's life: one that is gone never answers to another.
enum class ConnectionId : std::uint64_t {};

/// The supervisor's epoll, as the server needs it. `token` is the server's own number: the runtime
/// makes it part of its 64-bit token and hands it back to ready(). Events are os/epoll.h's.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual Status add(os::FdView fd, std::uint32_t events, std::uint32_t token) = 0;
  virtual Status modify(os::FdView fd, std::uint32_t events, std::uint32_t token) = 0;
  /// Before the descriptor is closed.
  virtual void remove(os::FdView fd) = 0;
};

/// Who calls, as the kernel noted it when the connection was made.
struct Caller {
  os::Peer peer;
  Right right = Right::none;
};

/// What the server hands its findings to. All calls come from within Server::ready; the handler may
/// call the server's send, publish and subscribe meanwhile.
class Handler {
 public:
  virtual ~Handler() = default;
  /// A call of dev.stayd.Supervisor that `caller` may make. It is answered by Server::send, in the
  /// end with Continues::no.
  virtual void handle(ConnectionId connection, const Request& request, const Caller& caller) = 0;
  /// A call was refused for want of `needed_right(request.method)`; the answer has been given.
  virtual void refused(const Request& request, const Caller& caller) = 0;
  /// The connection is over, with a call that had no last reply yet: whatever was to be told to it
  /// can be dropped. Nothing else is cancelled by it.
  virtual void gone(ConnectionId connection) = 0;
};

/// Who may what, besides root.
struct Access {
  std::uint32_t owner_uid = 0;
  std::vector<std::uint32_t> operator_uids{}, operator_gids{};
  std::vector<std::uint32_t> viewer_uids{}, viewer_gids{};
};
/// `groups`: supplementary ones of the peer.
Right right_of(const os::Peer& peer, std::span<const std::uint32_t> groups, const Access& access);

/// What a subscriber is told of.
enum class Topic : std::uint8_t { none, status, events };

class Server {
 public:
  /// `listener`: the server's own descriptor of the listening socket. It is watched at once;
  /// `watcher` and `handler` must outlive the server.
  static Result<std::unique_ptr<Server>> create(os::Fd listener, Access access,
                                                std::string_view version, Watcher& watcher,
                                                Handler& handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// A token of ours is ready. A stale one does nothing.
  void ready(std::uint32_t token, std::uint32_t events, Instant now);
  /// Closes what is overdue at `now`. Call it when next_deadline() has come.
  void tick(Instant now);
  /// Instant::never() as long as no message is half-received and nobody is being closed: an idle
  /// server wakes nobody. Look again after each call of ready, send and publish.
  [[nodiscard]] Instant next_deadline() const { return std::min(earliest_, listen_again_); }

  /// A reply to the call that is under way on `connection`; with Continues::no its last. Sent at
  /// once as far as the socket takes it. Without effect on a connection that is gone.
  void send(ConnectionId connection, const Reply& reply);

  /// The call under way becomes a subscription: publish reaches it for the instances that `names`
  /// choose (names.h). Ended by the connection's end, or by send with Continues::no.
  void subscribe(ConnectionId connection, Topic topic, std::vector<std::string> names);
  /// Whether a publish on this topic would reach anyone.
  [[nodiscard]] bool has_subscribers(Topic topic) const;
  /// Sends a copy to each subscriber of `topic` that chose the instance; an empty `instance` is for
  /// all of them. Must be Continues::yes.
  void publish(Topic topic, std::string_view service, std::string_view instance,
               const Reply& reply);
  /// Ends every subscription and call under way with shutting_down(), as far as the sockets take
  /// it.
  void say_farewell();

  [[nodiscard]] std::size_t connection_count() const { return count_; }

 private:
  struct Connection;
  Server(os::Fd listener, Access access, std::string_view version, Watcher& watcher,
         Handler& handler);

  void accept_some();
  Connection* admit(os::Fd socket);
  [[nodiscard]] bool has_room_for(const Caller& newcomer);
  void make_room_for_descriptor();
  void pause_listening();
  void resume_listening();
  [[nodiscard]] Connection* idlest() const;
  [[nodiscard]] Connection* idlest_of(std::uint32_t uid) const;
  [[nodiscard]] Caller caller_of(os::FdView socket) const;

  void serve(Connection& connection, std::uint32_t events);
  void receive(Connection& connection);
  void process(Connection& connection);
  void call(Connection& connection, std::string_view message);
  void answer(Connection& connection, const Request& request);
  void end_call(Connection& connection);
  void queue(Connection& connection, const Reply& reply);
  void flush(Connection& connection);
  void drop_unsent(Connection& connection);
  void doom(Connection& connection);
  void account(Connection& connection);
  void relieve_memory();
  void set_deadline(Connection& connection);
  void find_earliest_deadline();
  void watch(Connection& connection);
  void discard(Connection& connection);
  [[nodiscard]] Connection* find(ConnectionId id) const;
  /// Some are empty. All 1,024 slots would be 8 KiB to look through at each change of a service.
  [[nodiscard]] std::span<const std::unique_ptr<Connection>> connections() const {
    return std::span(connections_).first(slots_in_use_);
  }

  os::Fd listener_;
  os::Fd reserve_;  ///< given up for a moment when there is no other descriptor
  Access access_;
  std::string version_;
  Watcher& watcher_;
  Handler& handler_;
  std::array<std::unique_ptr<Connection>, most_connections> connections_;
  std::size_t slots_in_use_ = 0;  ///< those behind are empty
  std::size_t count_ = 0;
  std::size_t unsent_bytes_ = 0;
  std::size_t half_received_bytes_ = 0;
  std::uint64_t next_generation_ = 1;
  Instant now_{};
  Instant earliest_ = Instant::never();
  Instant listen_again_ = Instant::never();  ///< never: listening
};

}  // namespace stayd::control
