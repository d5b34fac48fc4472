// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_pager.h"

#include <utility>

#include "app/cli/output.h"
#include "base/text.h"
#include "os/files.h"
#include "os/process.h"

namespace stayd::app {

namespace {

std::optional<std::string> variable(std::string_view name) {
  for (char* const* entry = os::own_environment(); *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) {
      return std::string(text.substr(name.size() + 1));
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> pager_command(const std::optional<std::string>& own,
                                       const std::optional<std::string>& general) {
  const auto& chosen = own ? own : general;
  if (!chosen) return {"less", "-R", "-F", "-X"};
  auto words = split_shell_words(*chosen);
  if (!words || words->empty() || words->front() == "cat") return {};
  return std::move(*words);
}

std::optional<os::Pager> start_pager() {
  if (!os::is_terminal(os::FdView(1))) return std::nullopt;
  auto words = pager_command(variable("STAYD_PAGER"), variable("PAGER"));
  if (words.empty()) return std::nullopt;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (char* const* entry = os::own_environment(); *entry != nullptr; ++entry) {
    environment.push_back(*entry);
  }
  // For a less without options of its own.
  std::string less = "LESS=FRX";
  if (!variable("LESS")) environment.push_back(less.data());
  environment.push_back(nullptr);
  auto pager = os::Pager::start(arguments.data(), environment.data());
  if (pager) return *pager;
  if (variable("STAYD_PAGER") || variable("PAGER")) complain(pager.error().message);
  return std::nullopt;
}

}  // namespace stayd::app
