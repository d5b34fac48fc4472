// SPDX-License-Identifier: Apache-2.0
// A call as it comes over the control socket, decoded. dev.stayd.Supervisor.varlink is the
// document; the methods are a static table, nothing is looked up by reflection.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/spec.h"

namespace stayd::control {

inline constexpr std::string_view interface_name = "dev.stayd.Supervisor";

enum class Method : std::uint8_t {
  get_info,                   ///< org.varlink.service.GetInfo
  get_interface_description,  ///< org.varlink.service.GetInterfaceDescription
  status,
  start,
  stop,
  restart,
  reload,
  kill,
  wait,
  explain,
  events,
  shutdown,
};

/// What a peer may do, each including the ones before it.
enum class Right : std::uint8_t {
  none,       ///< only the introspection of org.varlink.service
  viewer,     ///< look
  operator_,  ///< start, stop, signal services
  owner,      ///< end the supervisor
};

enum class ShutdownMode : std::uint8_t { ordered, now };

/// What Wait waits for, of each named instance.
enum class WaitFor : std::uint8_t {
  ready,    ///< phase running
  stopped,  ///< no process: stopped, failed or done
  done,     ///< phase done
  exit,     ///< the present run's main process has ended
};

/// One decoded call. Fields that the method does not have keep their defaults.
struct Request {
  Method method = Method::get_info;
  bool more = false;    ///< the caller takes several replies
  bool oneway = false;  ///< the caller wants no reply

  std::vector<std::string> names;  ///< instances, services or globs; empty: all
  std::string name;                ///< Explain
  std::string after;         ///< Status: the last instance of the page before; empty: first page
  std::uint32_t limit = 0;   ///< Status: at most so many instances; 0: as many as fit
  bool usage = false;        ///< Status: with memory, cpu_seconds, processes
  bool wait = false;         ///< reply when the outcome is known
  Duration timeout{};        ///< of waiting; zero: none
  std::int32_t signal = 15;  ///< Kill: 1 to 64
  model::StopTo whom = model::StopTo::group;
  WaitFor condition = WaitFor::ready;
  ShutdownMode mode = ShutdownMode::ordered;
  std::string interface;  ///< GetInterfaceDescription
};

/// Why a call could not be understood, and what is said of it.
enum class RequestFault : std::uint8_t {
  malformed,            ///< not JSON, nested too deep, no method: the connection ends
  interface_not_found,  ///< `subject`: the interface
  method_not_found,     ///< `subject`: the method
  invalid_parameter,    ///< `subject`: the parameter
  expected_more,        ///< the method has only streams of replies
};
struct RequestError {
  RequestFault fault = RequestFault::malformed;
  std::string subject{};
  bool oneway = false;  ///< the caller takes no reply, not even this one
};

/// Limits of one call, beyond those of a message.
inline constexpr std::size_t most_names = 20'000;
inline constexpr std::size_t most_name_bytes = 255;
inline constexpr Duration longest_timeout = seconds(10'000LL * 86'400);

/// Decodes one message. Parameters that the method does not have are refused (a newer caller's wish
/// must not be dropped unseen), as is one given twice; null is the same as absent; members beside
/// method, parameters, more, oneway and upgrade are skipped.
std::expected<Request, RequestError> decode_request(std::string_view message);

/// "dev.stayd.Supervisor.Stop".
std::string_view full_name(Method method);
/// The right that a call of `method` needs.
Right needed_right(Method method);

std::string_view word(Right right);
std::string_view word(WaitFor condition);
std::string_view word(ShutdownMode mode);

/// From their words, as given on a command line or over the socket.
std::optional<WaitFor> wait_condition(std::string_view text);
std::optional<model::StopTo> whom_from(std::string_view text);

/// The message that asks for `request`, without its NUL: what decode_request takes.
std::string encode_request(const Request& request);

}  // namespace stayd::control
