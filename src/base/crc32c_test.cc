// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <doctest/doctest.h>

#include <string>

using stayd::crc32c;

TEST_CASE("crc32c gives the published check values (RFC 3720)") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("crc32c of pieces is that of the whole") {
  const std::string text = "what is written in pieces is checked as one";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
  }
}

TEST_CASE("crc32c is the same with the processor's instruction and without it") {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    CHECK(stayd::crc32c_by_table(bytes) == crc32c(bytes));
    bytes.push_back(static_cast<char>(i * 37));
  }
}
