// SPDX-License-Identifier: Apache-2.0
#include "control/json_reader.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace stayd::control {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes that stand for themselves in a string and need no look at their neighbours.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  plain['"'] = plain['\\'] = false;
  return plain;
}
constexpr auto plain = make_plain();

/// One pass over the text. Every function returns false once `outcome_` says why it ended.
class Reader {
 public:
  Reader(std::string_view json, JsonSink& sink) : json_(json), sink_(sink) {}

  JsonOutcome read() {
    skip_space();
    if (!value()) return outcome_;
    skip_space();
    return at_ == json_.size() ? JsonOutcome::complete : JsonOutcome::malformed;
  }

 private:
  [[nodiscard]] char here() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  void skip_space() {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
      ++at_;
    }
  }

  bool fail(JsonOutcome outcome = JsonOutcome::malformed) {
    outcome_ = outcome;
    return false;
  }
  bool heeded(bool goes_on) { return goes_on || fail(JsonOutcome::stopped); }

  bool take(char c) {
    if (here() != c) return false;
    ++at_;
    return true;
  }

  bool value() {
    switch (here()) {
      case '{': return object();
      case '[': return array();
      case '"': return string() && heeded(sink_.text(string_));
      case 't': return literal("true") && heeded(sink_.boolean(true));
      case 'f': return literal("false") && heeded(sink_.boolean(false));
      case 'n': return literal("null") && heeded(sink_.null());
      default: return number();
    }
  }

  bool literal(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return fail();
    at_ += word.size();
    return true;
  }

  bool enter() { return ++depth_ <= most_nesting || fail(JsonOutcome::too_deep); }

  bool object() {
    if (!enter() || !heeded(sink_.begin_object())) return false;
    ++at_;
    skip_space();
    if (!take('}')) {
      do {
        if (!member()) return false;
      } while (take(','));
      if (!take('}')) return fail();
    }
    --depth_;
    return heeded(sink_.end_object());
  }

  bool member() {
    skip_space();
    if (!string() || !heeded(sink_.key(string_))) return false;
    skip_space();
    if (!take(':')) return fail();
    skip_space();
    if (!value()) return false;
    skip_space();
    return true;
  }

  bool array() {
    if (!enter() || !heeded(sink_.begin_array())) return false;
    ++at_;
    skip_space();
    if (!take(']')) {
      do {
        skip_space();
        if (!value()) return false;
        skip_space();
      } while (take(','));
      if (!take(']')) return fail();
    }
    --depth_;
    return heeded(sink_.end_array());
  }

  /// Leaves its content in string_: a view into the text, or into unescaped_ where there was an
  /// escape.
  bool string() {
    if (!take('"')) return fail();
    const std::size_t begin = at_;
    if (!skip_unescaped()) return false;
    if (here() == '"') {
      string_ = json_.substr(begin, at_ - begin);
      ++at_;
      return true;
    }
    unescaped_.assign(json_, begin, at_ - begin);
    return rest_of_string();
  }

  /// Goes to the next quote or backslash.
  bool skip_unescaped() {
    while (at_ < json_.size()) {
      const auto c = static_cast<unsigned char>(json_[at_]);
      if (plain[c]) {
        ++at_;
        continue;
      }
      if (c == '"' || c == '\\') return true;
      const auto length = c < 0x20 ? 0 : utf8_length(json_.substr(at_));
      if (length == 0) return fail();
      at_ += length;
    }
    return fail();
  }

  bool rest_of_string() {
    while (!take('"')) {
      ++at_;  // the backslash
      if (!escape()) return false;
      const std::size_t begin = at_;
      if (!skip_unescaped()) return false;
      unescaped_.append(json_, begin, at_ - begin);
    }
    string_ = unescaped_;
    return true;
  }

  bool escape() {
    const char c = here();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': unescaped_.push_back(c); return true;
      case 'b': unescaped_.push_back('\b'); return true;
      case 'f': unescaped_.push_back('\f'); return true;
      case 'n': unescaped_.push_back('\n'); return true;
      case 'r': unescaped_.push_back('\r'); return true;
      case 't': unescaped_.push_back('\t'); return true;
      case 'u': return code_point();
      default: return fail();
    }
  }

  /// Four hex digits; false: there are none.
  bool code_unit(std::uint32_t& unit) {
    unit = 0;
    for (int digits = 0; digits < 4; ++digits, ++at_) {
      const char c = here();
      std::uint32_t digit = 0;
      if (is_digit(c))
        digit = static_cast<std::uint32_t>(c - '0');
      else if (c >= 'a' && c <= 'f')
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      else
        return fail();
      unit = unit << 4U | digit;
    }
    return true;
  }

  bool code_point() {
    std::uint32_t unit = 0;
    if (!code_unit(unit)) return false;
    if (unit < 0xd800 || unit > 0xdfff) return append_utf8(unit);
    std::uint32_t low = 0;
    if (unit > 0xdbff || !take('\\') || !take('u')) return fail();
    if (!code_unit(low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return fail();
    return append_utf8(0x10000U + ((unit - 0xd800U) << 10U) + (low - 0xdc00U));
  }

  bool append_utf8(std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { unescaped_.push_back(static_cast<char>(byte)); };
    const auto tail = [&](std::uint32_t shift) { put(0x80U | ((point >> shift) & 0x3fU)); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0U | point >> 6U);
      tail(0);
    } else if (point < 0x10000) {
      put(0xe0U | point >> 12U);
      tail(6);
      tail(0);
    } else {
      put(0xf0U | point >> 18U);
      tail(12);
      tail(6);
      tail(0);
    }
    return true;
  }

  bool digits() {
    if (!is_digit(here())) return fail();
    while (is_digit(here())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    bool is_whole = true;
    if (take('.')) {
      is_whole = false;
      if (!digits()) return false;
    }
    if (take('e') || take('E')) {
      is_whole = false;
      if (!take('-')) take('+');
      if (!digits()) return false;
    }
    const char* first = json_.data() + begin;
    const char* last = json_.data() + at_;
    std::int64_t integer = 0;
    if (is_whole && std::from_chars(first, last, integer).ec == std::errc()) {
      return heeded(sink_.integer(integer));
    }
    double real = 0;
    // Beyond what a double holds: there is no value to tell of.
    if (std::from_chars(first, last, real).ec != std::errc()) return fail();
    return heeded(sink_.real(real));
  }

  std::string_view json_;
  JsonSink& sink_;
  std::size_t at_ = 0;
  std::uint32_t depth_ = 0;
  std::string_view string_;
  std::string unescaped_;
  JsonOutcome outcome_ = JsonOutcome::malformed;
};

}  // namespace

JsonOutcome read_json(std::string_view json, JsonSink& sink) { return Reader(json, sink).read(); }

}  // namespace stayd::control
