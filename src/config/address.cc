// SPDX-License-Identifier: Apache-2.0
#include "config/address.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::config {
namespace {

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const auto digits = text.substr(0, text.find('.'));
    if (digits.size() > 3 || !parse_integer(digits, 0, 255)) return false;
    if ((digits.size() < text.size()) != (part < 3)) return false;
    text.remove_prefix(std::min(text.size(), digits.size() + 1));
  }
  return true;
}

/// Roughly: what else inet_pton(3) refuses fails when it is probed.
bool is_bracketed_ipv6(std::string_view text) {
  return text.size() >= 4 && text.starts_with("[") && text.ends_with("]") &&
         text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.", 1) == text.size() - 1;
}

bool is_port(std::string_view text) {
  return text.find("${") != std::string_view::npos || parse_integer(text, 1, 65'535).has_value();
}

}  // namespace

Result<std::string> tcp_target(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) {
    return failure("the port is missing or not between 1 and 65535");
  }
  const auto host = text.substr(0, colon);
  if (host.empty() || host == "localhost") {
    return "127.0.0.1" + std::string(text.substr(colon));
  }
  if (is_ipv4(host) || is_bracketed_ipv6(host)) return std::string(text);
  return failure("\"" + printable(host, 80) +
                 "\" is no numeric address, and a probe looks no names up; write one such as "
                 "127.0.0.1 or [::1]");
}

Result<std::string> http_target(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return failure("it does not begin with http://");
  const bool is_odd = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
  if (is_odd) return failure("it has a blank or control character");
  text.remove_prefix(scheme.size());
  std::string authority(text.substr(0, text.find_first_of("/?#")));
  const auto path = text.substr(authority.size());
  const auto bracket = authority.find(']');
  if (authority.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos) {
    authority.append(":80");
  }
  return std::string(scheme) + TRY(tcp_target(authority)) + (path.starts_with('/') ? "" : "/") +
         std::string(path);
}

}  // namespace stayd::config
