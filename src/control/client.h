// SPDX-License-Identifier: Apache-2.0
// The command line's end of the control socket: blocking, with deadlines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "control/frame.h"
#include "control/instance_view.h"
#include "control/reply.h"
#include "control/request.h"
#include "os/epoll.h"
#include "os/fd.h"

namespace stayd::control {

/// An error reply: "dev.stayd.Supervisor.NoSuchService" and its parameters, as far as known.
struct RemoteError {
  std::string name;     ///< empty: no error
  std::string subject;  ///< name, right, parameter, method, interface or reason
  std::string nearest;
  /// "there is no service \"wbe\" (did you mean \"web\"?)"
  [[nodiscard]] std::string message() const;
};

struct ResultRow {
  std::string_view instance;
  std::string_view outcome;
  std::string_view message;
  bool has_state = false;
  InstanceView state;
};

struct EventRow {
  std::string_view kind, before, method, right, message;
  WallTime at{};
  std::vector<std::string_view> names;
  std::uint32_t uid = 0;
  std::int32_t pid = 0;
  bool has_instance = false;
  InstanceView instance;
};

/// One reply, taken apart. The views point into `texts`.
struct ReplyContent {
  RemoteError error;
  bool continues = false;
  SupervisorView supervisor;
  std::vector<InstanceView> instances;  ///< Status; Explain's causes
  std::vector<ResultRow> results;
  std::uint64_t omitted = 0;
  std::uint64_t skipped = 0;
  std::string_view next;
  std::optional<EventRow> event;
  std::string texts;

  ReplyContent() = default;
  ReplyContent(ReplyContent&&) = default;
  ReplyContent& operator=(ReplyContent&&) = default;
  ReplyContent(const ReplyContent&) = delete;
  ReplyContent& operator=(const ReplyContent&) = delete;
};

/// Takes a message apart. Members that are not known are skipped: a newer supervisor may say more.
Result<ReplyContent> decode_reply(std::string_view message);

class Client {
 public:
  /// Connects to the socket at `path`. ENOENT and ECONNREFUSED: no supervisor is there.
  static Result<Client> connect(const std::string& path);

  Status send(const Request& request);
  /// The next message, without its NUL, valid until the next call. ETIMEDOUT: `deadline` passed;
  /// ECONNRESET: the supervisor ended the connection.
  Result<std::string_view> receive(Instant deadline);
  /// send, and the one reply.
  Result<ReplyContent> call(const Request& request, Instant deadline);

 private:
  Client(os::Fd socket, os::Epoll epoll) : socket_(std::move(socket)), epoll_(std::move(epoll)) {}
  Status wait(std::uint32_t events, Instant deadline);

  os::Fd socket_;
  os::Epoll epoll_;
  FrameReader frames_{reply_limit};
  /// More than a reply may have, so that a later version's longer ones are still read.
  static constexpr std::size_t reply_limit = 4 * most_message_bytes;
};

}  // namespace stayd::control
