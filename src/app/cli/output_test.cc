// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"

#include <doctest/doctest.h>

namespace stayd::app {

TEST_CASE("columns are those of the terminal, not bytes") {
  CHECK_EQ(display_width("web"), 3);
  CHECK_EQ(display_width("●"), 1);
  CHECK_EQ(display_width("e\xcc\x81"), 1);
  CHECK_EQ(display_width("日本"), 4);
  CHECK_EQ(display_width("\x1b[32mok\x1b[0m"), 2);
  CHECK_EQ(display_width("\xff\xfe"), 2);
  CHECK_EQ(display_width("\x1b["), 2);
}

TEST_CASE("a text is cut so that it fits, and ends its colours") {
  CHECK_EQ(cut_to_width("abcdef", 6, {.unicode = true}), "abcdef");
  CHECK_EQ(cut_to_width("abcdef", 5, {.unicode = true}), "abcd…");
  CHECK_EQ(cut_to_width("abcdef", 5, {}), "ab...");
  CHECK_EQ(cut_to_width("abcdef", 2, {}), "..");
  CHECK_EQ(cut_to_width("日本語", 4, {.unicode = true}), "日…");
  CHECK_EQ(cut_to_width("\x1b[32mabcdef\x1b[0m", 4, {.unicode = true}), "\x1b[32mabc…\x1b[0m");
}

TEST_CASE("a locale says whether it is UTF-8") {
  CHECK(is_utf8_locale("en_GB.UTF-8"));
  CHECK(is_utf8_locale("C.utf8"));
  CHECK_FALSE(is_utf8_locale("C"));
  CHECK_FALSE(is_utf8_locale("de_DE.ISO-8859-1"));
}

}  // namespace stayd::app
