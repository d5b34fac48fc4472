// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_folder.h"

#include <algorithm>

#include "app/cli/output.h"
#include "base/text.h"
#include "control/names.h"
#include "os/files.h"

namespace stayd::app {

namespace {

/// Without patterns, all but stayd's own (@stayd).
bool is_meant(const std::vector<std::string_view>& patterns, std::string_view instance) {
  if (patterns.empty()) return !instance.starts_with('@');
  const std::string_view service = control::service_of(instance);
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    return control::chooses(pattern, service, instance);
  });
}

}  // namespace

Status LogFolder::find(LogMerge& merge) {
  const os::Fd folder = TRY(os::open_folder(path_));
  names_ = os::list_folder(folder.view());
  std::ranges::sort(names_);
  for (const std::string& name : names_) {
    if (!is_meant(patterns_, name) || merge.has(name)) continue;
    const std::size_t before = merge.size();
    TRY(merge.add(path_of(name), name));
    if (merge.size() > before) name_width_ = std::max(name_width_, name.size());
  }
  return {};
}

bool LogFolder::report_stranger() const {
  for (const std::string_view pattern : patterns_) {
    const bool is_known = std::ranges::any_of(
        names_, [&](const std::string& name) { return is_meant({pattern}, name); });
    if (is_known) continue;
    std::vector<std::string_view> known;
    for (const std::string_view name : names_) {
      known.push_back(control::service_of(name));
      known.push_back(name);
    }
    const auto near = nearest(pattern, known.data(), known.size());
    complain("there are no logs of \"" + printable(pattern) + "\" in " + path_ +
             (near ? " (did you mean " + printable(*near) + "?)" : ""));
    return true;
  }
  return false;
}

}  // namespace stayd::app
