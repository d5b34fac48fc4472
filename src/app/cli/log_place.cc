// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_place.h"

#include <cerrno>
#include <utility>

#include "app/cli/output.h"
#include "app/cli/session.h"

namespace stayd::app {

std::expected<std::string, Trouble> log_dir_of(const Arguments& given) {
  constexpr Duration patience = seconds(2);
  auto target = find_target(given);
  if (!target) return std::unexpected(std::move(target).error());
  std::string expected_dir = target->log_dir;
  auto client = connect_to(*target);
  if (!client) {
    if (!expected_dir.empty()) return expected_dir;
    return std::unexpected(std::move(client).error());
  }
  Session session{std::move(*target), std::move(*client)};
  const auto reply = ask(session, {.method = control::Method::status, .limit = 1}, patience);
  if (reply && !reply->supervisor.log_dir.empty()) return std::string(reply->supervisor.log_dir);
  if (!expected_dir.empty()) return expected_dir;
  return std::unexpected(
      reply ? Trouble{exit_failed, "the supervisor does not say where its logs are"}
            : reply.error());
}

int report_folder(const Error& error) {
  complain(error.message);
  if (error.number == EACCES || error.number == EPERM) return exit_not_permitted;
  return error.number == ENOENT ? exit_no_such_service : exit_failed;
}

}  // namespace stayd::app
