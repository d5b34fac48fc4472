// SPDX-License-Identifier: Apache-2.0
#include "config/stray.h"

#include <doctest/doctest.h>

#include <string>

namespace stayd::config {

namespace {
const std::string odd = "\xef\xb7\xbb";  // U+FDFB
}

TEST_CASE("a character that toml++ cannot be shown is found outside of strings and comments") {
  CHECK(stray_character(odd + "[[") == 0);
  CHECK(stray_character("a = 1\n" + odd) == 6);
  CHECK(stray_character("stra\xc3\x9f"
                        "e = 1") == 4);
  CHECK(stray_character("a = \"x\" " + odd) == 8);
  CHECK(stray_character("a = '''x'''''" + odd) == 13);
}

TEST_CASE("in strings and comments it may stand, as may a byte order mark at the beginning") {
  CHECK_FALSE(stray_character("# " + odd + "\na = 1\n"));
  CHECK_FALSE(stray_character("a = \"\\\"" + odd + "\"\nb = '" + odd + "'\n"));
  CHECK_FALSE(stray_character("a = \"\"\"\n" + odd + "\"\n\"\"\"\nb = '''" + odd + "''\n'''\n"));
  CHECK_FALSE(stray_character("\xef\xbb\xbf[service.web]\n"));
}

}  // namespace stayd::config
