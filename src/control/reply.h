// SPDX-License-Identifier: Apache-2.0
// What goes back over the control socket, ready to be sent: JSON and the NUL that ends a message.
// dev.stayd.Supervisor.varlink is the document of each form; no reply is longer than
// most_message_bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "control/instance_view.h"
#include "control/json_writer.h"
#include "control/request.h"

namespace stayd::control {

/// Whether another reply to the same call follows.
enum class Continues : std::uint8_t { no, yes };

struct Reply {
  std::string bytes;
  Continues continues = Continues::no;
};

/// A reply to Status, instance by instance:
///
///     StatusWriter writer(supervisor, request.limit);
///     while (more instances && writer.add(view) == Room::left) ...
///     server.send(connection, std::move(writer).finish(Continues::no));
///
/// The caller begins behind the instance that `request.after` names. An instance that has no room
/// any more is not written, and the reply then carries `next` for the following call.
enum class Room : std::uint8_t { left, none };
class StatusWriter {
 public:
  /// `limit`: at most so many instances; 0: as many as fit into a message.
  StatusWriter(const SupervisorView& supervisor, std::uint32_t limit);
  /// Makes room for so many instances of the usual size.
  void expect(std::size_t instances);
  /// none: this instance was not written; finish now.
  Room add(const InstanceView& instance);
  Reply finish(Continues continues) &&;

 private:
  JsonWriter json_;
  std::uint32_t limit_;
  std::uint32_t count_ = 0;
  bool full_ = false;
  std::string last_;  ///< the instance written last
};

/// How a command went for one instance.
enum class Outcome : std::uint8_t {
  accepted,  ///< noted; the caller did not want to wait
  running,   ///< it is up and ready
  done,      ///< a task that ended well, or: the awaited condition holds
  stopped,   ///< nothing of it is left
  reloaded,
  signalled,
  failed,     ///< `state` says why
  refused,    ///< `message` says why: the supervisor is going down, no reload is configured, ...
  replaced,   ///< a later command wants something else of it
  timed_out,  ///< of the call's own timeout; the command itself goes on
};
std::string_view word(Outcome outcome);

struct ResultView {
  std::string_view instance{};
  Outcome outcome = Outcome::accepted;
  std::string_view message{};           ///< a clause; may be empty
  const InstanceView* state = nullptr;  ///< for failed and timed_out; left out for want of room
};

/// A reply to Start, Stop, Restart, Reload, Kill and Wait. What has no room is counted in
/// `omitted`.
class ResultsWriter {
 public:
  ResultsWriter();
  void add(const ResultView& result);
  Reply finish() &&;

 private:
  JsonWriter json_;
  std::uint32_t omitted_ = 0;
};

/// A reply to Explain: the instance, then what it waits for or was brought down by, and so on.
Reply explain_reply(std::span<const InstanceView> causes);

enum class EventKind : std::uint8_t {
  phase,    ///< an instance went to another phase: `instance`, `before`
  command,  ///< somebody gave a command: `method`, `names`, `uid`, `pid`
  refused,  ///< somebody lacked `right` for `method`
  notice,   ///< the supervisor's own: `message`
};
struct EventView {
  EventKind kind = EventKind::phase;
  WallTime at{};
  const InstanceView* instance = nullptr;
  std::string_view before{};  ///< the phase left
  std::string_view method{};  ///< full name
  std::span<const std::string> names{};
  Right right = Right::none;
  std::uint32_t uid = 0;
  std::int32_t pid = 0;
  std::string_view message{};
};
/// One reply of Events' stream. At most the first 100 of `names` are written.
Reply event_reply(const EventView& event);

/// Said to a subscriber that was too slow, instead of `count` replies.
Reply skipped_reply(std::uint64_t count);
/// Shutdown has been noted.
Reply empty_reply();

Reply info_reply(std::string_view version);
/// The text of dev.stayd.Supervisor.varlink or org.varlink.service; an error reply for others.
Reply description_reply(std::string_view interface);

/// dev.stayd.Supervisor.NoSuchService; `nearest` may be empty.
Reply no_such_service(std::string_view name, std::string_view nearest);
/// dev.stayd.Supervisor.NotPermitted.
Reply not_permitted(Right missing);
/// dev.stayd.Supervisor.ShuttingDown.
Reply shutting_down();
/// dev.stayd.Supervisor.TooManyConnections.
Reply too_many_connections();
/// What decode_request says.
Reply error_reply(const RequestError& error);

/// The interface file (docs/reference/dev.stayd.Supervisor.varlink), byte for byte.
std::string_view interface_description();
/// org.varlink.service's.
std::string_view service_interface_description();

/// The members of `instance` as Status has them, as one object.
void write_instance(JsonWriter& json, const InstanceView& instance);
void write_supervisor(JsonWriter& json, const SupervisorView& supervisor);

}  // namespace stayd::control
