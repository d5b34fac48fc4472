// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"

#include <regex.h>

#include <array>

namespace stayd {

struct Pattern::Compiled {
  regex_t expression;
};

void Pattern::Free::operator()(Compiled* compiled) const {
  ::regfree(&compiled->expression);
  delete compiled;
}

Result<Pattern> Pattern::compile(const std::string& text) {
  auto raw = std::make_unique<Compiled>();
  const int number = ::regcomp(&raw->expression, text.c_str(), REG_EXTENDED);
  if (number != 0) {
    std::array<char, 128> words{};
    ::regerror(number, &raw->expression, words.data(), words.size());
    return failure(words.data());
  }
  return Pattern(std::unique_ptr<Compiled, Free>(raw.release()));
}

bool Pattern::is_in(std::string_view line) const {
  regmatch_t whole{};
  whole.rm_so = 0;
  whole.rm_eo = static_cast<regoff_t>(line.size());
  // REG_STARTEND: the bytes from rm_so to rm_eo, NULs among them.
  const char* begin = line.empty() ? "" : line.data();
  return ::regexec(&compiled_->expression, begin, 1, &whole, REG_STARTEND) == 0;
}

}  // namespace stayd
