// SPDX-License-Identifier: Apache-2.0
// The parts of base/text.h that look at text letter by letter: near names, globs, escapes, words.
#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace stayd {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that make `a` of `b` (optimal string
/// alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// One element of a glob at the front of `pattern`: what it matches, and how long it is.
struct Element {
  std::size_t length = 0;
  bool matches = false;
};

/// A `[` without its `]` is a `[`.
Element match_class(std::string_view pattern, char c) {
  const bool inverted = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  const std::size_t first = inverted ? 2 : 1;
  bool found = false;
  for (std::size_t i = first; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) return {.length = i + 1, .matches = found != inverted};
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    char last = pattern[i];
    const char low = pattern[i];
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      last = pattern[i + 2];
      i += 2;
    }
    const auto value = static_cast<unsigned char>(c);
    found = found ||
            (value >= static_cast<unsigned char>(low) && value <= static_cast<unsigned char>(last));
  }
  return {.length = 1, .matches = c == '['};
}

Element match_element(std::string_view pattern, char c) {
  switch (pattern[0]) {
    case '?': return {.length = 1, .matches = true};
    case '[': return match_class(pattern, c);
    case '\\':
      if (pattern.size() > 1) return {.length = 2, .matches = pattern[1] == c};
      [[fallthrough]];
    default: return {.length = 1, .matches = pattern[0] == c};
  }
}

/// C0, DEL, C1 (U+0080 to U+009F), and what turns the direction of text (U+200E/F, U+202A to
/// U+202E, U+2066 to U+2069) so that it seems to say something else.
bool is_treacherous(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (sequence.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
  if (sequence.size() != 3 || byte(0) != 0xe2) return false;
  if (byte(1) == 0x80)
    return byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xaa && byte(2) <= 0xae);
  return byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
}

void append_escaped(std::string& into, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    into += "\\x";
    into += digits[value >> 4U];
    into += digits[value & 15U];
  }
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Splits into words, a character at a time (POSIX shell, 2.2 Quoting).
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c)) {
        end_word();
        ++at_;
      } else if (c == '\'' || c == '"') {
        TRY(quoted(c));
      } else if (c == '\\') {
        TRY(escaped());
      } else {
        add(c);
        ++at_;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  Status escaped() {
    if (at_ + 1 == text_.size())
      return failure("backslash at the end (column " + column(at_) + ")");
    if (text_[at_ + 1] != '\n') add(text_[at_ + 1]);  // a joined line
    at_ += 2;
    return {};
  }

  Status quoted(char quote) {
    const std::size_t open = at_++;
    in_word_ = true;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return {};
      }
      if (quote == '"' && c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        constexpr std::string_view escapable = "$`\"\\\n";
        if (escapable.find(next) != std::string_view::npos) {
          ++at_;
          if (next != '\n') add(next);
          continue;
        }
      }
      add(c);
    }
    return failure("no closing quote (" + std::string(1, quote) + ") for the one in column " +
                   column(open));
  }

  static std::string column(std::size_t offset) { return std::to_string(offset + 1); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;  ///< "" is a word too
  std::vector<std::string> words_;
};

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !follows(1)) return 0;
  if (lead < 0xe0) return 2;
  if (!follows(2)) return 0;
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead < 0xf0) return 3;
  if (!follows(3)) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  return lead == 0xf4 && byte(1) > 0x8f ? 0 : 4;
}

std::optional<std::string_view> nearest(std::string_view text, const std::string_view* known,
                                        std::size_t count) {
  constexpr std::size_t longest_name = 256;  // the cost is the product of both lengths
  if (text.size() > longest_name) return std::nullopt;
  std::size_t least = std::max<std::size_t>(text.size() / 3, 1) + 1;
  std::optional<std::string_view> found;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t distance = edit_distance(text, known[i]);
    if (distance < least) {
      least = distance;
      found = known[i];
    }
  }
  return found;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // On a mismatch the last star takes one more character; earlier stars need no second try.
  std::size_t p = 0, t = 0;
  std::size_t after_star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) {
      const Element element = match_element(pattern.substr(p), text[t]);
      if (element.matches) {
        p += element.length;
        ++t;
        continue;
      }
    }
    if (after_star == std::string_view::npos) return false;
    p = after_star;
    t = ++star_text;
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string printable(std::string_view bytes, std::size_t most_bytes) {
  std::string text;
  text.reserve(std::min(bytes.size(), most_bytes));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t length = utf8_length(bytes.substr(at));
    const std::string_view sequence = bytes.substr(at, std::max<std::size_t>(length, 1));
    if (at + sequence.size() > most_bytes) return text += "...";
    if (length == 0 || is_treacherous(sequence)) {
      append_escaped(text, sequence);
    } else {
      text += sequence;
    }
    at += sequence.size();
  }
  return text;
}

bool is_utf8(std::string_view bytes) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  while (true) {
    const auto other = std::ranges::find_if_not(bytes, is_ascii);
    bytes.remove_prefix(static_cast<std::size_t>(other - bytes.begin()));
    if (bytes.empty()) return true;
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
}

Result<std::vector<std::string>> split_shell_words(std::string_view text) {
  return WordSplitter(text).split();
}

}  // namespace stayd
