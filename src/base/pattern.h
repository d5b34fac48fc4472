// SPDX-License-Identifier: Apache-2.0
// Perl-compatible regular expressions (PCRE2, pcre2pattern(3)) over lines of any bytes, so that the
// same ones are checked when a configuration is read and looked for by the log writer. No pattern
// hangs: a line that needs too many steps is one where it is not found.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace stayd {

class Pattern {
 public:
  /// The Error says what is wrong with it, and where.
  static Result<Pattern> compile(std::string_view text);
  /// Whether it is found in `line`; bytes that are no UTF-8 match nothing. `^` and `$` are the
  /// line's ends.
  [[nodiscard]] bool is_in(std::string_view line) const;

 private:
  struct Compiled;
  struct Free {
    void operator()(Compiled* compiled) const;
  };
  explicit Pattern(std::unique_ptr<Compiled, Free> compiled) : compiled_(std::move(compiled)) {}
  std::unique_ptr<Compiled, Free> compiled_;
};

}  // namespace stayd
