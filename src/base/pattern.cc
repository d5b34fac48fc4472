// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

// PCRE2's JIT compiler is not used, and is half of the library. With these in place of its entries,
// which nothing calls for a pattern that was never given to it, the linker leaves it out.
extern "C" {
// NOLINTNEXTLINE(readability-function-size): their parameters
int pcre2_jit_match_8(const pcre2_code_8*, PCRE2_SPTR8, std::size_t, std::size_t, std::uint32_t,
                      pcre2_match_data_8*, pcre2_match_context_8*) {
  return PCRE2_ERROR_JIT_BADOPTION;
}
void _pcre2_jit_free_8() {}
void _pcre2_jit_free_rodata_8() {}
std::size_t _pcre2_jit_get_size_8() { return 0; }
const char* _pcre2_jit_get_target_8() { return "none"; }
int _pcre2_jit_check_exec_8() { return 0; }
}

namespace stayd {
namespace {

// Of a line that somebody waits for.
constexpr std::size_t most_steps = 40'000'000;
constexpr std::size_t most_steps_of_a_start = 100'000;
constexpr std::uint32_t most_heap_kib = 1u << 10;

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

std::string message_of(int number) {
  std::array<PCRE2_UCHAR, 256> words{};
  (void)pcre2_get_error_message(number, words.data(), words.size());
  return reinterpret_cast<const char*>(words.data());
}

}  // namespace

std::string PatternError::text() const {
  return what + " (at byte " + std::to_string(at + 1) + " of the pattern)";
}

struct Pattern::Compiled {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* limits = nullptr;
};

void Pattern::Free::operator()(Compiled* compiled) const {
  pcre2_match_context_free(compiled->limits);
  pcre2_match_data_free(compiled->match);
  pcre2_code_free(compiled->code);
  delete compiled;
}

std::expected<Pattern, PatternError> Pattern::compile(std::string_view text,
                                                      LetterCase letter_case) {
  std::unique_ptr<Compiled, Free> compiled(new Compiled);
  std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                          PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT;
  if (letter_case == LetterCase::ignored) options |= PCRE2_CASELESS;
  int number = 0;
  PCRE2_SIZE at = 0;
  compiled->code = pcre2_compile(units(text), text.size(), options, &number, &at, nullptr);
  if (compiled->code == nullptr) return std::unexpected(PatternError{message_of(number), at});
  compiled->match = pcre2_match_data_create_from_pattern(compiled->code, nullptr);
  compiled->limits = pcre2_match_context_create(nullptr);
  if (compiled->match == nullptr || compiled->limits == nullptr)
    return std::unexpected(PatternError{message_of(PCRE2_ERROR_NOMEMORY)});
  return Pattern(std::move(compiled));
}

std::expected<bool, std::string> Pattern::find(std::string_view line, Begins begins, Effort most,
                                               MatchedPart& part) const {
  pcre2_set_match_limit(compiled_->limits, most.steps);
  pcre2_set_heap_limit(compiled_->limits, most.heap_kib);
  pcre2_set_offset_limit(compiled_->limits, begins.last);
  // An offset in the middle of a character is not refused with PCRE2_MATCH_INVALID_UTF.
  const int found = pcre2_match(compiled_->code, units(line), line.size(), begins.from, 0,
                                compiled_->match, compiled_->limits);
  if (found == PCRE2_ERROR_NOMATCH) return false;
  if (found < 0) return std::unexpected(message_of(found));
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(compiled_->match);
  part = {.begin = std::min(ends[0], ends[1]), .end = ends[1]};
  return true;
}

bool Pattern::is_in(std::string_view line) const {
  const std::size_t steps = std::min(most_steps / (line.size() + 1), most_steps_of_a_start);
  MatchedPart unused;
  return find(line, {0, line.size()}, {static_cast<std::uint32_t>(steps), most_heap_kib}, unused)
      .value_or(false);
}

}  // namespace stayd
