// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accounts_lookup.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "os/clock.h"
#include "os/epoll.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/poll.h"
#include "os/process.h"
#include "os/spawn.h"

namespace stayd::app {
namespace {

constexpr std::size_t most_database_bytes = 16U << 20U;
constexpr std::size_t most_answer_bytes = 1U << 20U;
constexpr Duration getent_patience = seconds(2);
constexpr int signal_kill = 9;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto field = line.substr(0, line.find(':'));
    fields.push_back(field);
    if (field.size() == line.size()) return fields;
    line.remove_prefix(field.size() + 1);
  }
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  const auto number = parse_integer(text, 0, 0xffff'fffe);
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// The first line for which `wanted` gives something.
template <typename Wanted>
auto first_line(std::string_view text, Wanted wanted) -> decltype(wanted(text)) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto found = wanted(line)) return found;
  }
  return std::nullopt;
}

std::optional<config::Group> parse_group_line(std::string_view line) {
  const auto fields = fields_of(line);
  if (fields.size() < 4) return std::nullopt;
  const auto gid = number_of(fields[2]);
  if (!gid || fields[0].empty()) return std::nullopt;
  return config::Group{.name = std::string(fields[0]), .gid = *gid};
}

bool lists_member(std::string_view line, std::string_view user) {
  const auto fields = fields_of(line);
  if (fields.size() < 4) return false;
  std::string_view members = fields[3];
  while (!members.empty()) {
    const auto one = members.substr(0, members.find(','));
    if (one == user) return true;
    members.remove_prefix(std::min(members.size(), one.size() + 1));
  }
  return false;
}

Result<std::string> read_answer(os::FdView pipe, os::FdView process) {
  const Instant deadline = os::now() + getent_patience;
  std::string answer;
  std::array<char, 4096> piece;
  while (answer.size() < most_answer_bytes) {
    os::Polled watched[] = {{pipe, os::readable}};
    TRY(os::poll(watched, std::max(deadline - os::now(), Duration{})));
    if (watched[0].ready == 0) {
      if (os::now() < deadline) continue;
      (void)os::send_signal(process, signal_kill);
      return failure("the name service did not answer within 2 s (getent)");
    }
    const std::size_t count = TRY(os::read_some(pipe, piece));
    if (count == 0) return answer;
    answer.append(piece.data(), count);
  }
  return answer;
}

}  // namespace

std::optional<config::User> parse_passwd_line(std::string_view line) {
  const auto fields = fields_of(line);
  if (fields.size() < 7 || fields[0].empty()) return std::nullopt;
  const auto uid = number_of(fields[2]);
  const auto gid = number_of(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return config::User{.name = std::string(fields[0]),
                      .uid = *uid,
                      .gid = *gid,
                      .home = std::string(fields[5].empty() ? "/" : fields[5]),
                      .shell = std::string(fields[6].empty() ? "/bin/sh" : fields[6])};
}

const std::string& AccountsLookup::file(const char* name, std::optional<std::string>& kept) {
  if (!kept) kept = os::read_file(folder_ + "/" + name, most_database_bytes).value_or("");
  return *kept;
}

Result<std::optional<config::User>> AccountsLookup::user(const std::string& name) {
  const auto with_name = [&](std::string_view line) -> std::optional<config::User> {
    auto user = parse_passwd_line(line);
    return user && user->name == name ? user : std::nullopt;
  };
  if (auto found = first_line(file("passwd", passwd_), with_name)) return found;
  return first_line(TRY(ask("passwd", name)), with_name);
}

Result<std::optional<config::User>> AccountsLookup::user(std::uint32_t uid) {
  const auto with_uid = [&](std::string_view line) -> std::optional<config::User> {
    auto user = parse_passwd_line(line);
    return user && user->uid == uid ? user : std::nullopt;
  };
  if (auto found = first_line(file("passwd", passwd_), with_uid)) return found;
  return first_line(TRY(ask("passwd", std::to_string(uid))), with_uid);
}

Result<std::optional<config::Group>> AccountsLookup::group(const std::string& name) {
  const auto with_name = [&](std::string_view line) -> std::optional<config::Group> {
    auto group = parse_group_line(line);
    return group && group->name == name ? group : std::nullopt;
  };
  if (auto found = first_line(file("group", group_), with_name)) return found;
  return first_line(TRY(ask("group", name)), with_name);
}

Result<std::vector<std::uint32_t>> AccountsLookup::groups_of(const std::string& name) {
  std::vector<std::uint32_t> all;
  std::string_view text = file("group", group_);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto group = parse_group_line(line);
    if (group && lists_member(line, name)) all.push_back(group->gid);
  }
  const auto is_named = [&](std::string_view line) -> std::optional<config::User> {
    auto user = parse_passwd_line(line);
    return user && user->name == name ? user : std::nullopt;
  };
  if (first_line(file("passwd", passwd_), is_named)) return all;
  std::string answer = TRY(ask("initgroups", name));  // "name 10 20 30"
  std::string_view rest(answer);
  rest.remove_prefix(std::min(rest.size(), name.size()));
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find_first_of(" \n\t"));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (const auto gid = number_of(word)) all.push_back(*gid);
  }
  return all;
}

Result<std::string> AccountsLookup::ask(const char* database, const std::string& key) const {
  if (getent_.empty() || !os::is_executable(getent_)) return std::string();
  std::string words[] = {getent_, database, "--", key};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                             nullptr};
  auto spawner = TRY(os::Spawner::create());
  os::Pipe pipe = TRY(os::create_pipe());
  os::Fd null = TRY(os::open_file("/dev/null", os::OpenFor::read_write_create));
  const os::PlannedDescriptor descriptors[] = {
      {null.view(), 0}, {pipe.write_end.view(), 1}, {null.view(), 2}};
  os::SpawnPlan plan;
  plan.executable = getent_.c_str();
  plan.arguments = arguments;
  plan.environment = os::own_environment();
  plan.descriptors = descriptors;
  plan.set_oom_score = false;
  os::Spawned child = TRY(spawner.spawn(plan));
  pipe.write_end.reset();
  auto answer = read_answer(pipe.read_end.view(), child.process.view());
  pipe.read_end.reset();
  os::Polled end[] = {{child.process.view(), os::readable}};
  (void)os::poll(end, getent_patience);
  // One that says too much, or does not end after its answer, would be left behind.
  if (end[0].ready == 0) {
    (void)os::send_signal(child.process.view(), signal_kill);
    (void)os::poll(end, getent_patience);
  }
  os::reap(child.process.view());
  return answer;
}

}  // namespace stayd::app
