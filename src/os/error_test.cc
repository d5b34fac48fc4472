// SPDX-License-Identifier: Apache-2.0
#include "os/error.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <clocale>

namespace stayd::os {
namespace {

TEST_CASE("an Error has the number, what failed and why") {
  errno = EACCES;
  const std::unexpected<Error> error = last_error("cannot open /etc/x");
  CHECK(error.error().number == EACCES);
  CHECK(error.error().message == "cannot open /etc/x: Permission denied");
  CHECK(error_name(EACCES) == "EACCES");
  CHECK(error_text(9999) == "error 9999");
  CHECK(error_name(9999) == "9999");
}

TEST_CASE("texts stay English in any locale") {
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    std::setlocale(LC_ALL, locale);
    CHECK(error_text(ENOENT) == "No such file or directory");
  }
  std::setlocale(LC_ALL, "C");
}

}  // namespace
}  // namespace stayd::os
