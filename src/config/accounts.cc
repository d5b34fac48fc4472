// SPDX-License-Identifier: Apache-2.0
#include "config/accounts.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::config {
namespace {

/// (uid_t)-1 means "leave it" to setresuid(2) and "nobody asked" elsewhere: no account.
constexpr std::int64_t most_id = 0xffff'fffe;

enum class AccountForm : std::uint8_t { name, number, odd };

AccountForm form_of(std::string_view account) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::ranges::all_of(account, is_digit)) {
    return parse_integer(account, 0, most_id) ? AccountForm::number : AccountForm::odd;
  }
  const bool odd_start = is_digit(account[0]) || account[0] == '-' || account[0] == '+';
  const bool odd_inside = std::ranges::any_of(account, [](char c) {
    return c == ':' || c == '/' || c == ',' || static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
  });
  return odd_start || odd_inside ? AccountForm::odd : AccountForm::name;
}

void report_odd(Report& report, const Text& account, std::string_view what) {
  report.error(account.place,
               "\"" + printable(account.text, 80) + "\" cannot be a " + std::string(what),
               "expected a name that does not begin with a digit, or a number from 0 to " +
                   std::to_string(most_id));
}

void report_unknown(Report& report, const Text& account, std::string_view what) {
  report.error(account.place,
               "there is no " + std::string(what) + " \"" + printable(account.text, 80) +
                   "\" on this machine",
               "create it, or name another one; a number needs no entry");
}

std::uint32_t number_of(const Text& account) {
  return static_cast<std::uint32_t>(parse_integer(account.text, 0, most_id).value_or(0));
}

/// A lookup's answer, or none after a report that it failed or found nothing.
template <typename T>
std::optional<T> found(Report& report, const Text& account, std::string_view what,
                       Result<std::optional<T>> answer) {
  if (!answer) {
    report.error(account.place, "cannot look the " + std::string(what) + " \"" +
                                    printable(account.text, 80) +
                                    "\" up: " + answer.error().message);
    return std::nullopt;
  }
  if (!*answer) report_unknown(report, account, what);
  return std::move(*answer);
}

}  // namespace

std::optional<User> user_of(World& world, Report& report, const Text& account) {
  switch (form_of(account.text)) {
    case AccountForm::name: return found(report, account, "user", world.find_user(account.text));
    case AccountForm::number: {
      const auto uid = number_of(account);
      auto known = world.find_user(uid);
      if (known && *known) return std::move(*known);
      return User{.name = {}, .uid = uid, .gid = uid, .home = "/", .shell = "/bin/sh"};
    }
    case AccountForm::odd: report_odd(report, account, "user"); return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> group_of(World& world, Report& report, const Text& account) {
  switch (form_of(account.text)) {
    case AccountForm::name: {
      const auto group = found(report, account, "group", world.find_group(account.text));
      return group ? std::optional(group->gid) : std::nullopt;
    }
    case AccountForm::number: return number_of(account);
    case AccountForm::odd: report_odd(report, account, "group"); return std::nullopt;
  }
  return std::nullopt;
}

std::optional<User> resolve_accounts(World& world, Report& report, ServiceDraft& draft) {
  if (!draft.user.given && !draft.group.given && draft.groups.empty()) return std::nullopt;
  std::optional<User> user;
  if (draft.user.given) user = user_of(world, report, draft.user);
  std::optional<std::uint32_t> gid;
  if (draft.group.given) gid = group_of(world, report, draft.group);
  std::vector<std::uint32_t> groups;
  for (const Text& name : draft.groups) {
    if (const auto group = group_of(world, report, name)) groups.push_back(*group);
  }
  const bool only_myself =
      user && user->uid == world.uid() && !draft.group.given && draft.groups.empty();
  if (world.uid() != 0) {
    const Text& first =
        draft.user.given ? draft.user : (draft.group.given ? draft.group : draft.groups[0]);
    if (!only_myself && (user || !draft.user.given)) {
      report.not_here(first.place, "only root can start a service as another user or group",
                      "start stayd as root, or take this out");
    }
    return user;
  }
  if (user && groups.empty() && !user->name.empty()) {
    auto theirs = world.groups_of(user->name);
    if (theirs) groups = std::move(*theirs);
  }
  model::Execution& e = draft.service.execution;
  e.set_ids = true;
  e.uid = user ? user->uid : 0;
  e.gid = gid.value_or(user ? user->gid : 0);
  e.groups = std::move(groups);
  e.user_name = user ? user->name : "root";
  return user;
}

void resolve_peers(World& world, Report& report, SupervisorDraft& draft) {
  model::Supervisor& s = draft.supervisor;
  const auto resolve = [&](const std::vector<Text>& peers, auto& uids, auto& gids) {
    for (const Text& peer : peers) {
      if (peer.text.starts_with('@') && peer.text.size() > 1) {
        const Text name{peer.text.substr(1), peer.place, true};
        if (const auto gid = group_of(world, report, name)) gids.push_back(*gid);
      } else if (const auto user = user_of(world, report, peer)) {
        uids.push_back(user->uid);
      }
    }
  };
  resolve(draft.operators, s.operator_uids, s.operator_gids);
  resolve(draft.viewers, s.viewer_uids, s.viewer_gids);
}

}  // namespace stayd::config
