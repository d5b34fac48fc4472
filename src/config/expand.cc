// SPDX-License-Identifier: Apache-2.0
#include "config/expand.h"

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::size_t most_expanded_bytes = 1 << 20;

bool begins_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

class Expansion {
 public:
  Expansion(const Text& text, const Lookup& lookup, Report& report)
      : text_(text), lookup_(lookup), report_(report) {}

  std::optional<std::string> run() {
    std::string_view rest = text_.text;
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
    report_.error(text_.place, "in \"" + printable(text_.text, 80) + "\": " + std::string(what),
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

  const Text& text_;
  const Lookup& lookup_;
  Report& report_;
  std::string out_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) out.append(c == '$' ? 2 : 1, c);
  return out;
}

std::optional<std::string> expand(const Text& text, const Lookup& lookup, Report& report) {
  return Expansion(text, lookup, report).run();
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    out.push_back(text[0]);
    text.remove_prefix(text.starts_with("$$") ? 2 : 1);
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
