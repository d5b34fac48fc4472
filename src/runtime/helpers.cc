// SPDX-License-Identifier: Apache-2.0
#include "runtime/helpers.h"

#include <algorithm>
#include <utility>

namespace stayd::runtime {

Status Helpers::add(const Helper& helper, os::Spawned process) {
  auto at = std::ranges::find_if(entries_,
                                 [](const Entry& entry) { return !entry.process.process.valid(); });
  if (at == entries_.end()) at = entries_.emplace(at);
  const auto index = static_cast<std::uint32_t>(at - entries_.begin());
  TRY(epoll_.add(process.process.view(), os::readable,
                 pack({Source::helper, index, next_generation_})));
  *at = {helper, std::move(process), next_generation_++};
  return {};
}

std::optional<Helpers::Ended> Helpers::ready(const Token& token) {
  if (token.index >= entries_.size()) return std::nullopt;
  Entry& entry = entries_[token.index];
  if (!entry.process.process.valid() || !is_of(token, entry.generation)) return std::nullopt;
  const auto exit = reaper_.finish(entry.process.process.view(), entry.process.pid);
  if (!exit) return std::nullopt;
  epoll_.remove(entry.process.process.view());
  entry.process.process.reset();
  return Ended{entry.helper, *exit};
}

bool Helpers::has(std::int32_t pid) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.process.process.valid() && entry.process.pid == pid;
  });
}

void Helpers::kill(InstanceId instance, RunId run) {
  kill(instance, run, HelperKind::stop_command);
  kill(instance, run, HelperKind::reload_command);
  kill(instance, run, HelperKind::probe);
}

void Helpers::kill(InstanceId instance, RunId run, HelperKind kind) {
  constexpr int kill_signal = 9;
  for (const Entry& entry : entries_) {
    const Helper& helper = entry.helper;
    const bool meant = helper.instance == instance && helper.run == run && helper.kind == kind;
    if (!meant || !entry.process.process.valid()) continue;
    (void)os::send_signal_to_group(entry.process.process.view(), entry.process.pid, kill_signal);
  }
}

}  // namespace stayd::runtime
