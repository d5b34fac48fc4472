// SPDX-License-Identifier: Apache-2.0
// A verb's talk with its supervisor: found, connected, asked, and every way in which that can fail
// turned into a message and an exit code.
#pragma once

#include <deque>
#include <expected>
#include <string>
#include <vector>

#include "app/cli/target.h"
#include "base/time.h"
#include "control/client.h"
#include "control/request.h"

namespace stayd::app {

/// Who does not answer for so long is hung, stopped, or swamped.
inline constexpr Duration longest_answer = seconds(10);

struct Session {
  Target target;
  control::Client client;
};

std::expected<Session, Trouble> open_session(const Arguments& arguments);

/// One call, one reply. An error reply is a Trouble: NoSuchService exit_no_such_service,
/// NotPermitted exit_not_permitted, all others exit_failed; silence for `patience` (zero: never)
/// exit_timed_out when the call waits for an outcome, else exit_failed.
std::expected<control::ReplyContent, Trouble> ask(Session& session, const control::Request& request,
                                                  Duration patience = longest_answer);
/// The next reply of a stream; waits for ever.
std::expected<control::ReplyContent, Trouble> next_reply(Session& session);
/// What an error reply means.
Trouble trouble_of(const control::RemoteError& error);

/// All pages of Status. The views point into `pages` and `words`.
struct StatusAnswer {
  std::vector<control::ReplyContent> pages;
  std::deque<std::string> words;  ///< last lines, found by the command line
  control::SupervisorView supervisor;
  std::vector<control::InstanceView> instances;
};
std::expected<StatusAnswer, Trouble> ask_status(Session& session, std::vector<std::string> names);

}  // namespace stayd::app
