// SPDX-License-Identifier: Apache-2.0
#include "control/names.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::control {

bool is_glob(std::string_view name) { return name.find_first_of("*?[") != std::string_view::npos; }

std::string_view service_of(std::string_view instance) {
  return instance.substr(0, instance.find('@', 1));
}

bool chooses(std::string_view name, std::string_view service, std::string_view instance) {
  if (name == instance || name == service) return true;
  return is_glob(name) && (glob_match(name, instance) || glob_match(name, service));
}

bool is_chosen(std::span<const std::string> names, std::string_view service,
               std::string_view instance) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return chooses(name, service, instance);
         });
}

}  // namespace stayd::control
