// SPDX-License-Identifier: Apache-2.0
#include "os/error.h"

#include <cerrno>
#include <cstring>

namespace stayd::os {

// The _np functions (glibc 2.32) never translate.
std::string error_text(int number) {
  const char* text = ::strerrordesc_np(number);
  return text != nullptr ? text : "error " + std::to_string(number);
}

std::string error_name(int number) {
  const char* name = ::strerrorname_np(number);
  return name != nullptr ? name : std::to_string(number);
}

std::unexpected<Error> error_of(int number, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += error_text(number);
  return std::unexpected(Error{number, std::move(message)});
}

std::unexpected<Error> last_error(std::string_view what) { return error_of(errno, what); }

}  // namespace stayd::os
