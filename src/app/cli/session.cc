// SPDX-License-Identifier: Apache-2.0
#include "app/cli/session.h"

#include <cerrno>

#include "app/cli/output.h"
#include "os/clock.h"

namespace stayd::app {
namespace {

using control::ReplyContent;
using control::Request;

/// A supervisor of a later version may page without end; ours needs 20.
constexpr std::size_t most_pages = 1'000;

Trouble trouble_of_transport(const Error& error) {
  switch (error.number) {
    case ETIMEDOUT:
      return {exit_failed,
              "the supervisor does not answer; it may be stopped or hung (stayd doctor shows its "
              "process)"};
    case ECONNRESET:
    case EPIPE: return {exit_no_supervisor, "the supervisor ended while it was being asked"};
    default: return {exit_failed, "talking to the supervisor: " + error.message};
  }
}

Instant deadline_after(Duration patience) {
  return patience.ns == 0 ? Instant::never() : os::now() + patience;
}

std::expected<ReplyContent, Trouble> judged(Result<ReplyContent> reply) {
  if (!reply) return std::unexpected(trouble_of_transport(reply.error()));
  if (!reply->error.name.empty()) return std::unexpected(trouble_of(reply->error));
  return std::move(*reply);
}

}  // namespace

Trouble trouble_of(const control::RemoteError& error) {
  int code = exit_failed;
  if (error.name.ends_with(".NoSuchService")) code = exit_no_such_service;
  if (error.name.ends_with(".NotPermitted")) code = exit_not_permitted;
  return {code, error.message()};
}

std::expected<Session, Trouble> open_session(const Arguments& arguments) {
  auto target = find_target(arguments);
  if (!target) return std::unexpected(std::move(target).error());
  auto client = connect_to(*target);
  if (!client) return std::unexpected(std::move(client).error());
  return Session{std::move(*target), std::move(*client)};
}

std::expected<ReplyContent, Trouble> ask(Session& session, const Request& request,
                                         Duration patience) {
  return judged(session.client.call(request, deadline_after(patience)));
}

std::expected<ReplyContent, Trouble> next_reply(Session& session) {
  const auto message = session.client.receive(Instant::never());
  if (!message) return std::unexpected(trouble_of_transport(message.error()));
  return judged(control::decode_reply(*message));
}

std::expected<StatusAnswer, Trouble> ask_status(Session& session, std::vector<std::string> names) {
  StatusAnswer answer;
  Request request{.method = control::Method::status, .names = std::move(names)};
  for (std::size_t page = 0; page < most_pages; ++page) {
    auto reply = ask(session, request);
    if (!reply) return std::unexpected(std::move(reply).error());
    answer.pages.push_back(std::move(*reply));
    auto& content = answer.pages.back();
    if (page == 0) {
      answer.instances = std::move(content.instances);
    } else {
      answer.instances.insert(answer.instances.end(), content.instances.begin(),
                              content.instances.end());
    }
    if (content.next.empty() || content.next == request.after) break;
    request.after = content.next;
  }
  answer.supervisor = answer.pages.front().supervisor;
  return answer;
}

}  // namespace stayd::app
