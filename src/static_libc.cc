// SPDX-License-Identifier: Apache-2.0
// What the static C library is spared, for the size of the product (docs/adr/0012).
#include <cstdarg>

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool starts_with(const char* text, const char* what) {
  while (*what != '\0')
    if (*text++ != *what++) return false;
  return true;
}

}  // namespace

/// sscanf with %hu, %n and literal characters. The only one in the C library that asks is tzset(3),
/// for the rules of a TZ such as "CET-1CEST,M3.5.0,M10.5.0/3"; the whole scanf family with its
/// floating point is 70 KB.
extern "C" int __isoc99_sscanf(const char* text, const char* format, ...) {
  const char* const begin = text;
  int assigned = 0;
  va_list out;
  va_start(out, format);
  while (*format != '\0') {
    if (starts_with(format, "%n")) {
      *va_arg(out, int*) = static_cast<int>(text - begin);
      format += 2;
    } else if (starts_with(format, "%hu")) {
      if (!is_digit(*text)) break;
      unsigned value = 0;
      while (is_digit(*text)) value = value * 10 + static_cast<unsigned>(*text++ - '0');
      *va_arg(out, unsigned short*) = static_cast<unsigned short>(value);
      ++assigned;
      format += 3;
    } else if (*text++ != *format++) {
      break;
    }
  }
  va_end(out);
  return assigned;
}
