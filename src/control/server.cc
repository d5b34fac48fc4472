// SPDX-License-Identifier: Apache-2.0
#include "control/server.h"

#include <cerrno>
#include <new>
#include <utility>

#include "base/check.h"
#include "control/names.h"
#include "os/epoll.h"
#include "os/pipe.h"

namespace stayd::control {
namespace {

constexpr std::uint32_t listener_token = 0;  // a connection's has a generation of at least 1
constexpr std::uint64_t slot_bits = 8;
constexpr std::uint64_t generation_mask = 0xff'ffff;
static_assert(most_connections == std::size_t{1} << slot_bits);

constexpr int most_accepts_a_turn = 16;
constexpr int most_calls_a_turn = 16;
constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t most_unsent_to_subscriber = std::size_t{256} << 10U;
constexpr Duration listen_pause = seconds(1);

constexpr std::size_t slot_of(std::uint64_t id) { return id & (most_connections - 1); }

constexpr std::uint32_t token_of(ConnectionId id) {
  const auto number = static_cast<std::uint64_t>(id);
  return static_cast<std::uint32_t>(((number >> slot_bits) & generation_mask) << slot_bits |
                                    slot_of(number));
}

}  // namespace

struct Server::Connection {
  enum class Stage : std::uint8_t {
    idle,      ///< no call under way
    calling,   ///< its reply, or more of them, are to come
    farewell,  ///< closed when everything has been sent
    doomed,    ///< closed at the next turn
  };

  ConnectionId id{};
  os::Fd socket;
  Caller caller;
  Stage stage = Stage::idle;
  Topic topic = Topic::none;
  bool open_call = false;  ///< the handler owes a last reply
  bool more = false;       ///< of the last call
  bool oneway = false;
  bool input_ended = false;
  std::uint32_t interest = os::readable;
  FrameReader frames;
  std::size_t accounted = 0;  ///< of `frames`, within half_received_bytes_
  std::string unsent;
  std::size_t sent = 0;  ///< bytes of `unsent` that are through
  std::size_t unsent_replies = 0;
  std::uint64_t skipped = 0;
  std::vector<std::string> names;
  Instant active{};  ///< when it last did anything
  Instant deadline = Instant::never();

  [[nodiscard]] std::size_t unsent_size() const { return unsent.size() - sent; }
  [[nodiscard]] bool is_idle() const { return stage == Stage::idle && unsent_size() == 0; }
};

Server::Server(os::Fd listener, Access access, std::string_view version, Watcher& watcher,
               Handler& handler)
    : listener_(std::move(listener)),
      access_(std::move(access)),
      version_(version),
      watcher_(watcher),
      handler_(handler) {}

Server::~Server() {
  for (const auto& connection : connections()) {
    if (connection) watcher_.remove(connection->socket.view());
  }
  watcher_.remove(listener_.view());
}

Result<std::unique_ptr<Server>> Server::create(os::Fd listener, Access access,
                                               std::string_view version, Watcher& watcher,
                                               Handler& handler) {
  std::unique_ptr<Server> server(
      new Server(std::move(listener), std::move(access), version, watcher, handler));
  server->reserve_ = TRY(os::duplicate(server->listener_.view()));
  TRY(watcher.add(server->listener_.view(), os::readable, listener_token));
  return server;
}

Server::Connection* Server::find(ConnectionId id) const {
  Connection* connection = connections_[slot_of(static_cast<std::uint64_t>(id))].get();
  return connection != nullptr && connection->id == id ? connection : nullptr;
}

void Server::ready(std::uint32_t token, std::uint32_t events, Instant now) {
  now_ = now;
  Connection* connection = connections_[slot_of(token)].get();
  if (token == listener_token) {
    accept_some();
  } else if (connection != nullptr && token_of(connection->id) == token) {
    serve(*connection, events);
  }
  find_earliest_deadline();
}

void Server::serve(Connection& connection, std::uint32_t events) {
  const bool peer_left = (events & (os::hung_up | os::failed)) != 0;
  if (connection.stage == Connection::Stage::idle && (peer_left || (events & os::readable) != 0)) {
    receive(connection);
  }
  flush(connection);
  process(connection);
  flush(connection);
  // A caller that left hears no reply: what it asked for goes on, what it queued behind is dropped.
  if (peer_left && (connection.stage != Connection::Stage::idle || connection.input_ended)) {
    connection.stage = Connection::Stage::doomed;
  }
  watch(connection);
  if (connection.stage == Connection::Stage::doomed) discard(connection);
}

void Server::tick(Instant now) {
  now_ = now;
  for (const auto& connection : connections())
    if (connection && connection->deadline <= now) discard(*connection);
  if (listen_again_ <= now) resume_listening();
  find_earliest_deadline();
}

// --- receiving ---------------------------------------------------------------------------------

void Server::receive(Connection& connection) {
  if (connection.input_ended || connection.frames.has_message()) return;
  std::array<char, read_size> buffer;
  const auto got = os::read_some(connection.socket.view(), buffer);
  if (!got) {
    if (got.error().number != EAGAIN) connection.stage = Connection::Stage::doomed;
    return;
  }
  connection.active = now_;
  if (*got == 0) {
    connection.input_ended = true;
    return;
  }
  if (connection.frames.append({buffer.data(), *got}) == FrameState::too_long) {
    queue(connection, error_reply({.subject = "longer than 1 MiB"}));
    connection.stage = Connection::Stage::farewell;
    connection.frames.clear();
  }
  account(connection);
  relieve_memory();
}

void Server::process(Connection& connection) {
  for (int calls = 0; calls < most_calls_a_turn && connection.is_idle(); ++calls) {
    const auto message = connection.frames.next();
    if (!message) break;
    connection.deadline = Instant::never();
    call(connection, *message);
  }
  account(connection);
}

void Server::call(Connection& connection, std::string_view message) {
  auto request = decode_request(message);
  if (!request) {
    if (!request.error().oneway) queue(connection, error_reply(request.error()));
    if (request.error().fault == RequestFault::malformed)
      connection.stage = Connection::Stage::farewell;
    return;
  }
  connection.stage = Connection::Stage::calling;
  connection.open_call = true;
  connection.more = request->more;
  connection.oneway = request->oneway;
  if (connection.caller.right < needed_right(request->method)) {
    send(connection.id, not_permitted(needed_right(request->method)));
    handler_.refused(*request, connection.caller);
    return;
  }
  answer(connection, *request);
}

void Server::answer(Connection& connection, const Request& request) {
  switch (request.method) {
    case Method::get_info: return send(connection.id, info_reply(version_));
    case Method::get_interface_description:
      return send(connection.id, description_reply(request.interface));
    case Method::status:
    case Method::start:
    case Method::stop:
    case Method::restart:
    case Method::reload:
    case Method::kill:
    case Method::wait:
    case Method::explain:
    case Method::events:
    case Method::shutdown: return handler_.handle(connection.id, request, connection.caller);
  }
}

void Server::account(Connection& connection) {
  const std::size_t held = connection.frames.held_bytes();
  half_received_bytes_ += held - connection.accounted;
  connection.accounted = held;
}

void Server::set_deadline(Connection& connection) {
  const bool timed = (connection.is_idle() && connection.frames.has_fragment()) ||
                     connection.stage == Connection::Stage::farewell;
  if (!timed) {
    connection.deadline = Instant::never();
  } else if (connection.deadline == Instant::never()) {
    connection.deadline = now_ + longest_message_time;
  }
  earliest_ = std::min(earliest_, connection.deadline);
}

void Server::find_earliest_deadline() {
  earliest_ = Instant::never();
  for (const auto& connection : connections()) {
    if (connection) earliest_ = std::min(earliest_, connection->deadline);
  }
}

// --- sending -----------------------------------------------------------------------------------

void Server::send(ConnectionId id, const Reply& reply) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->stage != Connection::Stage::calling) return;
  ENSURE(reply.continues == Continues::no || connection->more);
  if (reply.continues == Continues::no) {
    connection->stage = Connection::Stage::idle;
    end_call(*connection);
  }
  if (!connection->oneway) queue(*connection, reply);
  flush(*connection);
  watch(*connection);
}

void Server::end_call(Connection& connection) {
  connection.open_call = false;
  connection.topic = Topic::none;
  connection.names.clear();
  connection.skipped = 0;
}

void Server::queue(Connection& connection, const Reply& reply) {
  connection.unsent.append(reply.bytes);
  ++connection.unsent_replies;
  unsent_bytes_ += reply.bytes.size();
  relieve_memory();
}

void Server::flush(Connection& connection) {
  while (connection.unsent_size() > 0) {
    const auto rest = std::string_view(connection.unsent).substr(connection.sent);
    const auto count = os::send_message(connection.socket.view(), rest);
    if (!count) {
      if (count.error().number != EAGAIN) doom(connection);
      return;
    }
    connection.active = now_;
    connection.sent += *count;
    unsent_bytes_ -= *count;
    if (connection.unsent_size() > 0) continue;
    drop_unsent(connection);
    if (connection.skipped > 0) {
      queue(connection, skipped_reply(std::exchange(connection.skipped, 0)));
    }
  }
}

void Server::drop_unsent(Connection& connection) {
  unsent_bytes_ -= connection.unsent_size();
  std::string().swap(connection.unsent);
  connection.sent = 0;
  connection.unsent_replies = 0;
}

/// For calls from within a handler, or while others are being looked at: closed by the next tick,
/// which is due at once.
void Server::doom(Connection& connection) {
  connection.stage = Connection::Stage::doomed;
  connection.topic = Topic::none;
  drop_unsent(connection);
  connection.frames.clear();
  account(connection);
  connection.deadline = earliest_ = Instant{};
}

void Server::relieve_memory() {
  while (unsent_bytes_ > most_unsent_bytes || half_received_bytes_ > most_half_received_bytes) {
    const bool is_output = unsent_bytes_ > most_unsent_bytes;
    Connection* worst = nullptr;
    for (const auto& connection : connections()) {
      if (!connection || connection->stage == Connection::Stage::doomed) continue;
      const std::size_t cost = is_output ? connection->unsent_size() : connection->accounted;
      if (cost < read_size) continue;
      if (worst == nullptr || connection->active < worst->active) worst = connection.get();
    }
    if (worst == nullptr) return;
    doom(*worst);
  }
}

// --- subscribers -------------------------------------------------------------------------------

void Server::subscribe(ConnectionId id, Topic topic, std::vector<std::string> names) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->stage != Connection::Stage::calling) return;
  ENSURE(connection->more);
  connection->topic = topic;
  connection->names = std::move(names);
}

bool Server::has_subscribers(Topic topic) const {
  return std::ranges::any_of(connections(), [&](const auto& c) { return c && c->topic == topic; });
}

void Server::publish(Topic topic, std::string_view service, std::string_view instance,
                     const Reply& reply) {
  ENSURE(reply.continues == Continues::yes && topic != Topic::none);
  for (const auto& connection : connections()) {
    if (!connection || connection->topic != topic || connection->oneway) continue;
    if (!instance.empty() && !is_chosen(connection->names, service, instance)) continue;
    if (connection->skipped > 0 || connection->unsent_replies >= most_unsent_replies ||
        connection->unsent_size() > most_unsent_to_subscriber) {
      ++connection->skipped;
      continue;
    }
    queue(*connection, reply);
    flush(*connection);
    watch(*connection);
  }
}

void Server::say_farewell() {
  const Reply farewell = shutting_down();
  for (const auto& connection : connections()) {
    if (!connection || connection->stage != Connection::Stage::calling) continue;
    connection->stage = Connection::Stage::farewell;
    end_call(*connection);
    if (!connection->oneway) queue(*connection, farewell);
    flush(*connection);
    watch(*connection);
  }
}

// --- coming and going --------------------------------------------------------------------------

void Server::accept_some() {
  for (int accepts = 0; accepts < most_accepts_a_turn; ++accepts) {
    auto socket = os::accept_connection(listener_.view());
    if (socket) {
      // Who connects has mostly sent its call already.
      if (Connection* newcomer = admit(std::move(*socket))) serve(*newcomer, os::readable);
      continue;
    }
    switch (socket.error().number) {
      case EAGAIN: return;
      case ECONNABORTED:
      case EINTR:
      case EPROTO:
      case EPERM: continue;
      case EMFILE:
      case ENFILE: make_room_for_descriptor(); break;
      default: pause_listening(); return;
    }
    if (listen_again_ != Instant::never()) return;
  }
}

/// accept(2) has no descriptor to give: the connection idle for longest makes place, else the
/// waiting one is taken with the reserve and sent away, so that it neither hangs nor keeps us
/// awake.
void Server::make_room_for_descriptor() {
  if (Connection* victim = idlest(); victim != nullptr) return discard(*victim);
  reserve_.reset();
  if (auto socket = os::accept_connection(listener_.view()); socket) {
    static_cast<void>(os::send_message(socket->view(), too_many_connections().bytes));
  }
  if (auto reserve = os::duplicate(listener_.view()); reserve) {
    reserve_ = std::move(*reserve);
  } else {
    pause_listening();
  }
}

void Server::pause_listening() {
  static_cast<void>(watcher_.modify(listener_.view(), 0, listener_token));
  listen_again_ = now_ + listen_pause;
}

void Server::resume_listening() {
  if (!reserve_.valid()) {
    if (auto reserve = os::duplicate(listener_.view()); reserve) reserve_ = std::move(*reserve);
  }
  if (!reserve_.valid() || !watcher_.modify(listener_.view(), os::readable, listener_token)) {
    listen_again_ = now_ + listen_pause;
    return;
  }
  listen_again_ = Instant::never();
}

Caller Server::caller_of(os::FdView socket) const {
  const auto peer = os::peer_of(socket);
  if (!peer) return {};
  const auto groups = os::peer_groups(socket);
  return {*peer, right_of(*peer, groups, access_)};
}

Server::Connection* Server::idlest() const {
  Connection* found = nullptr;
  for (const auto& connection : connections()) {
    if (!connection || !connection->is_idle()) continue;
    if (found == nullptr || connection->active < found->active) found = connection.get();
  }
  return found;
}

Server::Connection* Server::idlest_of(std::uint32_t uid) const {
  Connection* found = nullptr;
  for (const auto& connection : connections()) {
    if (!connection || !connection->is_idle() || connection->caller.peer.uid != uid) continue;
    if (found == nullptr || connection->active < found->active) found = connection.get();
  }
  return found;
}

bool Server::has_room_for(const Caller& newcomer) {
  const auto uid = newcomer.peer.uid;
  const auto of_uid = std::ranges::count_if(
      connections(), [&](const auto& c) { return c && c->caller.peer.uid == uid; });
  const bool too_many_of_uid =
      newcomer.right != Right::owner && static_cast<std::size_t>(of_uid) >= most_connections_of_uid;
  if (!too_many_of_uid && count_ < most_connections) return true;
  Connection* victim = too_many_of_uid ? idlest_of(uid) : idlest();
  if (victim == nullptr) return false;
  discard(*victim);
  return true;
}

/// nullptr: sent away.
Server::Connection* Server::admit(os::Fd socket) {
  const Caller caller = caller_of(socket.view());
  if (!has_room_for(caller)) {
    static_cast<void>(os::send_message(socket.view(), too_many_connections().bytes));
    return nullptr;
  }
  const auto free = std::ranges::find_if(connections_, [](const auto& c) { return !c; });
  ENSURE(free != connections_.end());
  std::unique_ptr<Connection> connection(new (std::nothrow) Connection);
  if (!connection) return nullptr;
  if ((next_generation_ & generation_mask) == 0) ++next_generation_;
  const auto slot = static_cast<std::size_t>(free - connections_.begin());
  connection->id = ConnectionId{next_generation_++ << slot_bits | slot};
  connection->caller = caller;
  connection->active = now_;
  if (!watcher_.add(socket.view(), os::readable, token_of(connection->id))) return nullptr;
  connection->socket = std::move(socket);
  *free = std::move(connection);
  slots_in_use_ = std::max(slots_in_use_, slot + 1);
  ++count_;
  return free->get();
}

/// Asks epoll for what the connection waits for now, or closes it when that is nothing.
void Server::watch(Connection& connection) {
  const bool sent = connection.unsent_size() == 0;
  const bool has_message = connection.frames.has_message();
  const bool idle = connection.stage == Connection::Stage::idle;
  const bool over = connection.stage == Connection::Stage::farewell ||
                    (idle && connection.input_ended && !has_message);
  if (connection.stage == Connection::Stage::doomed || (over && sent)) return doom(connection);
  std::uint32_t interest = 0;
  if (!sent || (idle && has_message)) interest |= os::writable;
  if (idle && sent && !has_message && !connection.input_ended) interest |= os::readable;
  set_deadline(connection);
  if (interest == connection.interest) return;
  if (!watcher_.modify(connection.socket.view(), interest, token_of(connection.id))) {
    return doom(connection);
  }
  connection.interest = interest;
}

void Server::discard(Connection& connection) {
  const ConnectionId id = connection.id;
  const bool owes_reply = connection.open_call;
  drop_unsent(connection);
  half_received_bytes_ -= connection.accounted;
  watcher_.remove(connection.socket.view());
  connections_[slot_of(static_cast<std::uint64_t>(id))].reset();
  while (slots_in_use_ > 0 && !connections_[slots_in_use_ - 1]) --slots_in_use_;
  --count_;
  if (owes_reply) handler_.gone(id);
  if (listen_again_ != Instant::never()) resume_listening();
}

}  // namespace stayd::control
