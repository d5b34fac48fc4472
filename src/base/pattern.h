// SPDX-License-Identifier: Apache-2.0
// Regular expressions of POSIX, extended (regex(7)), over bytes: the C library's, so that the same
// ones are checked when a configuration is read and looked for by the log writer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace stayd {

class Pattern {
 public:
  /// The Error says what is wrong with it, in the C library's words.
  static Result<Pattern> compile(const std::string& text);
  /// Whether it is found in `line`, which may hold any bytes. `^` and `$` are the line's ends.
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
