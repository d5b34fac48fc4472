// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cerrno>

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

// Of one line: what needs more is not found. PCRE2 counts steps anew from each byte at which a
// match might begin.
constexpr std::size_t most_steps = 40'000'000;
constexpr std::size_t most_steps_of_a_start = 100'000;
constexpr std::uint32_t most_heap_kib = 1u << 10;

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

std::string message_of(int number, std::size_t at) {
  std::array<PCRE2_UCHAR, 256> words{};
  (void)pcre2_get_error_message(number, words.data(), words.size());
  return std::string(reinterpret_cast<const char*>(words.data())) + " (at byte " +
         std::to_string(at + 1) + " of the pattern)";
}

}  // namespace

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

Result<Pattern> Pattern::compile(std::string_view text) {
  std::unique_ptr<Compiled, Free> compiled(new Compiled);
  constexpr std::uint32_t options =
      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
  int number = 0;
  PCRE2_SIZE at = 0;
  compiled->code = pcre2_compile(units(text), text.size(), options, &number, &at, nullptr);
  if (compiled->code == nullptr) return failure(EINVAL, message_of(number, at));
  compiled->match = pcre2_match_data_create_from_pattern(compiled->code, nullptr);
  compiled->limits = pcre2_match_context_create(nullptr);
  if (compiled->match == nullptr || compiled->limits == nullptr)
    return failure(ENOMEM, "no memory for the pattern");
  pcre2_set_heap_limit(compiled->limits, most_heap_kib);
  return Pattern(std::move(compiled));
}

bool Pattern::is_in(std::string_view line) const {
  const std::size_t steps = std::min(most_steps / (line.size() + 1), most_steps_of_a_start);
  pcre2_set_match_limit(compiled_->limits, static_cast<std::uint32_t>(steps));
  return pcre2_match(compiled_->code, units(line), line.size(), 0, 0, compiled_->match,
                     compiled_->limits) >= 0;
}

}  // namespace stayd
