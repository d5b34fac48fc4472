// SPDX-License-Identifier: Apache-2.0
// Addresses that probes connect to. The supervisor looks no names up, so hosts are numeric; an
// empty host and "localhost" are 127.0.0.1.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace stayd::config {

/// "localhost:80" -> "127.0.0.1:80"; a port may hold ${replica}.
Result<std::string> tcp_target(std::string_view text);
/// "http://localhost/x" -> "http://127.0.0.1:80/x".
Result<std::string> http_target(std::string_view text);

}  // namespace stayd::config
