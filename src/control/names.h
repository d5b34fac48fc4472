// SPDX-License-Identifier: Apache-2.0
// How the names of a request choose instances.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stayd::control {

/// Whether one of `names` is the instance ("web@2"), its service ("web"), or a shell glob that
/// matches one of the two. No names at all choose everything.
bool is_chosen(std::span<const std::string> names, std::string_view service,
               std::string_view instance);
/// The same for one name.
bool chooses(std::string_view name, std::string_view service, std::string_view instance);
/// "web" of "web@2" and of "web". An '@' at the beginning is stayd's own: of "@stayd" it is
/// "@stayd".
std::string_view service_of(std::string_view instance);
/// Whether the name has characters that make it a glob: * ? [
bool is_glob(std::string_view name);

}  // namespace stayd::control
