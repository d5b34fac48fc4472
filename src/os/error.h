// SPDX-License-Identifier: Apache-2.0
// The one place that makes an Error of an errno.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace stayd::os {

/// "Permission denied", in English whatever the locale says.
std::string error_text(int number);
/// The symbolic name: "EACCES".
std::string error_name(int number);
/// {errno, "<what>: <text of errno>"}; `what` is a clause such as "cannot open /etc/x".
std::unexpected<Error> last_error(std::string_view what);
std::unexpected<Error> error_of(int number, std::string_view what);

}  // namespace stayd::os
