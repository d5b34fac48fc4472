// SPDX-License-Identifier: Apache-2.0
#include "config/expand.h"

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::size_t most_expanded_bytes = 1 << 20;

bool begins_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

class Expansion {
 public:
  Expansion(const Written& written, const Lookup& lookup, Report& report)
      : written_(written), lookup_(lookup), report_(report) {}

  std::optional<std::string> run() {
    std::string_view rest = written_.text;
    while (!rest.empty()) {
      const auto dollar = rest.find('$');
      out_.append(rest.substr(0, dollar));
      if (dollar == std::string_view::npos) break;
      rest.remove_prefix(dollar + 1);
      if (!take_dollar(rest)) return std::nullopt;
      if (out_.size() > most_expanded_bytes) return fail("it gets longer than 1M", "");
    }
    return std::move(out_);
  }

 private:
  std::nullopt_t fail(std::string_view what, std::string hint) {
    report_.error(written_.place,
                  "in \"" + printable(written_.text, 80) + "\": " + std::string(what),
                  std::move(hint));
    return std::nullopt;
  }

  /// `rest` begins behind the dollar.
  bool take_dollar(std::string_view& rest) {
    if (rest.starts_with('{')) return take_braces(rest);
    if (!rest.empty() && begins_name(rest[0])) {
      fail("a variable without braces", "write ${NAME}, or $$ for a dollar");
      return false;
    }
    if (rest.starts_with('$')) rest.remove_prefix(1);
    out_.append("$$");
    return true;
  }

  bool take_braces(std::string_view& rest) {
    const auto end = rest.find('}');
    if (end == std::string_view::npos) {
      fail("\"${\" without \"}\"", "write $$ for a dollar");
      return false;
    }
    std::string_view name = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    const auto colon = name.find(":-");
    std::optional<std::string> otherwise;
    if (colon != std::string_view::npos) {
      otherwise = escaped(name.substr(colon + 2));
      name = name.substr(0, colon);
    }
    const auto value = lookup_(name);
    // As in a shell: an empty value counts as unset where there is a default.
    const bool use_other = otherwise && (!value || value->empty());
    if (!value && !use_other) {
      fail("\"" + printable(name, 80) + "\" is not set",
           "set it in env, let it through by inherit-env, or write ${NAME:-default}");
      return false;
    }
    out_.append(use_other ? *otherwise : *value);
    return true;
  }

  Written written_;
  const Lookup& lookup_;
  Report& report_;
  std::string out_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out(text);
  for (auto at = out.find('$'); at != std::string::npos; at = out.find('$', at + 2)) {
    out.insert(at, 1, '$');
  }
  return out;
}

std::optional<std::string> expand(const Written& written, const Lookup& lookup, Report& report) {
  return Expansion(written, lookup, report).run();
}

std::string unescaped(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("$$"); at != std::string::npos; at = out.find("$$", at + 1)) {
    out.erase(at, 1);
  }
  return out;
}

bool has_instance_text(std::string_view text) {
  while (!text.empty()) {
    const auto dollar = text.find('$');
    if (dollar == std::string_view::npos) return false;
    text.remove_prefix(dollar);
    if (text.starts_with("${")) return true;
    text.remove_prefix(2);
  }
  return false;
}

}  // namespace stayd::config
