// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stayd {

/// The inside of a JSON string (RFC 8259) of any bytes; one that is no UTF-8 becomes U+FFFD. At
/// most six bytes for each.
void append_json(std::string& out, std::string_view bytes);

}  // namespace stayd
