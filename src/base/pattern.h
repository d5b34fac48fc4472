// SPDX-License-Identifier: Apache-2.0
// Perl-compatible regular expressions (PCRE2, pcre2pattern(3), without its JIT compiler) over lines
// of any bytes; those that are no UTF-8 match nothing. One language for what a service says once it
// is ready and for logs --grep. No pattern hangs: the steps and the memory of a look are limited.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace stayd {

/// Bytes of a line, `end` not among them.
struct MatchedPart {
  std::size_t begin = 0, end = 0;
};

struct PatternError {
  std::string what;
  std::size_t at = 0;  ///< the byte of the pattern, from 0
  /// "missing closing parenthesis (at byte 7 of the pattern)"
  [[nodiscard]] std::string text() const;
};

enum class LetterCase : std::uint8_t { matters, ignored };

class Pattern {
 public:
  /// PCRE2 counts steps anew from each byte at which a match might begin.
  struct Effort {
    std::uint32_t steps = 0, heap_kib = 0;
  };
  /// The first bytes of the matches that are looked for, `last` among them.
  struct Begins {
    std::size_t from = 0, last = 0;
  };

  static std::expected<Pattern, PatternError> compile(std::string_view text,
                                                      LetterCase letter_case = LetterCase::matters);
  /// The first match in `line`; false: none. Fails, in words, where it takes more than `most`. `^`
  /// and `$` are the line's ends.
  std::expected<bool, std::string> find(std::string_view line, Begins begins, Effort most,
                                        MatchedPart& part) const;
  /// Whether it is found in `line`, with as many steps as a line that somebody waits for may take;
  /// one that needs more is one where it is not found.
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
