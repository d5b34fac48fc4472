// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <doctest/doctest.h>

#include <array>

namespace stayd {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST_CASE("a duration is numbers with units in falling order") {
  CHECK(parse_duration("250ms")->ns == 250'000'000);
  CHECK(parse_duration("1m30s")->ns == 90 * second);
  CHECK(parse_duration("1d2h3m4s5ms6us7ns")->ns == 93'784 * second + 5'006'007);
  CHECK(parse_duration("0s")->ns == 0);
  CHECK(parse_duration("10000d")->ns == 864'000'000 * second);
  for (const char* bad : {"", "s", "5", "1s1m", "1s1s", "1.5s", "-1s", " 1s", "1s ", "1x", "1S",
                          "10000d1ns", "99999999999999999999s", "1s2"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
  CHECK(parse_duration("5").error().message == "\"5\" has no unit; give one, for example \"5s\"");
}

TEST_CASE("what is printed of a duration reads back as the same") {
  for (const std::int64_t ns :
       {0L, 1L, 999L, 1'000L, 1'500'000L, 90 * second, 86'400 * second, 864'000'000 * second}) {
    CHECK(parse_duration(format_duration({ns}))->ns == ns);
  }
  CHECK(format_duration(seconds(90)) == "1m30s");
  CHECK(format_duration(milliseconds(250)) == "250ms");
  CHECK(format_duration(seconds(-5)) == "-5s");
}

TEST_CASE("a duration for a person has at most two units") {
  CHECK(format_duration_short(seconds(0)) == "0s");
  CHECK(format_duration_short(nanoseconds(5)) == "5ns");
  CHECK(format_duration_short(milliseconds(80)) == "80ms");
  CHECK(format_duration_short(milliseconds(1'660)) == "1.6s");
  CHECK(format_duration_short(milliseconds(2'010)) == "2s");
  CHECK(format_duration_short(milliseconds(59'999)) == "59s");
  CHECK(format_duration_short(seconds(11'520)) == "3h 12m");
  CHECK(format_duration_short(seconds(3'600)) == "1h");
  CHECK(format_duration_short(seconds(2 * 86'400 + 4 * 3'600 + 59)) == "2d 4h");
  CHECK(format_duration_short(seconds(-90)) == "-1m 30s");
}

TEST_CASE("a size is in powers of 1024, and decimal suffixes get a hint") {
  CHECK(*parse_size("512") == 512);
  CHECK(*parse_size("64K") == 65'536);
  CHECK(*parse_size("1G") == 1'073'741'824);
  CHECK(*parse_size("16383T") == 16'383ULL << 40);
  CHECK(*parse_size("18446744073709551615") == ~std::uint64_t{0});
  for (const char* bad :
       {"", "K", "64kB", "64KB", "64MiB", "64k", "1.5G", "-1", "16777216T", "5X"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad).has_value());
  }
  CHECK(parse_size("64kB").error().message.find("write \"64K\"") != std::string::npos);
  CHECK(parse_size("64MiB").error().message.find("write \"64M\"") != std::string::npos);
}

TEST_CASE("sizes are printed exactly, or short for a person") {
  CHECK(format_size(16 << 20) == "16M");
  CHECK(format_size(0) == "0");
  CHECK(format_size(1'000) == "1000");
  CHECK(format_size_short(412) == "412");
  CHECK(format_size_short(6'501'171) == "6.1M");
  CHECK(format_size_short(28 << 20) == "28M");
  CHECK(format_size_short(1024) == "1K");
  CHECK(format_user(0) == "root");
  CHECK(format_user(1000) == "uid 1000");
  CHECK(format_bytes(1) == "1 byte");
  CHECK(format_bytes(1023) == "1023 bytes");
  CHECK(format_bytes(5'215'138'929) == "4.8G");
  CHECK(format_size_short(~std::uint64_t{0}) == "16777215T");
}

TEST_CASE("signals have names and numbers, real-time ones too") {
  CHECK(*parse_signal("TERM") == 15);
  CHECK(*parse_signal("SIGTERM") == 15);
  CHECK(*parse_signal("sigusr1") == 10);
  CHECK(*parse_signal("9") == 9);
  CHECK(*parse_signal("CLD") == 17);
  CHECK(*parse_signal("RTMIN") == 34);
  CHECK(*parse_signal("RTMIN+3") == 37);
  CHECK(*parse_signal("SIGRTMAX-1") == 63);
  for (const char* bad : {"", "0", "65", "-1", "SIG", "FOO", "RTMIN+31", "RTMIN+", "TERM "}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_signal(bad).has_value());
  }
  for (int number = 1; number <= 64; ++number) CHECK(*parse_signal(signal_name(number)) == number);
  CHECK(signal_name(15) == "TERM");
  CHECK(signal_name(37) == "RTMIN+3");
  CHECK(signal_name(65) == "65");
}

TEST_CASE("modes are octal, integers have bounds") {
  CHECK(*parse_mode("0640") == 0640);
  CHECK(*parse_mode("7") == 7);
  for (const char* bad : {"", "0800", "00640", "rw", "-1"})
    CHECK_FALSE(parse_mode(bad).has_value());
  CHECK(*parse_integer("-5", -5, 5) == -5);
  for (const char* bad : {"", "6", "-6", "5x", "0x5", " 5", "99999999999999999999"}) {
    CHECK_FALSE(parse_integer(bad, -5, 5).has_value());
  }
}

TEST_CASE("the nearest known word is found for a slip, not for another word") {
  const std::array<std::string_view, 4> known{"command", "restart", "env", "env-files"};
  const auto near = [&](std::string_view text) {
    return nearest(text, known.data(), known.size());
  };
  CHECK(near("comand") == "command");
  CHECK(near("resatrt") == "restart");
  CHECK(near("evn") == "env");
  CHECK(near("env_files") == "env-files");
  CHECK_FALSE(near("healthcheck").has_value());
  CHECK_FALSE(near("xyz").has_value());
  CHECK_FALSE(near(std::string(100'000, 'x')).has_value());
}

TEST_CASE("globs match whole names") {
  CHECK(glob_match("web*", "web@2"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("w?b", "web"));
  CHECK(glob_match("a*b*c", "aXbXbXc"));
  CHECK(glob_match("[a-c]x", "bx"));
  CHECK(glob_match("[!a-c]x", "dx"));
  CHECK(glob_match("[]]", "]"));
  CHECK(glob_match("\\*", "*"));
  CHECK(glob_match("[", "["));
  CHECK_FALSE(glob_match("web", "web2"));
  CHECK_FALSE(glob_match("\\*", "x"));
  CHECK_FALSE(glob_match("[!a]", "a"));
  CHECK_FALSE(glob_match("", "x"));
  CHECK_FALSE(glob_match("?", ""));
  CHECK_FALSE(glob_match(std::string(64, '*') + "b", std::string(4'000, 'a')));
}

TEST_CASE("nothing printed can command a terminal") {
  CHECK(printable("plain text, \xc3\xa9") == "plain text, \xc3\xa9");
  CHECK(printable("\x1b[31m") == "\\x1b[31m");
  CHECK(printable("a\nb\x7f") == "a\\x0ab\\x7f");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");           // C1 CSI
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // right-to-left override
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc0\x80\xed\xa0\x80") == "\\xc0\\x80\\xed\\xa0\\x80");  // overlong, surrogate
  CHECK(printable("\xf0\x9f\x8d\xb5") == "\xf0\x9f\x8d\xb5");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("ab\xc3\xa9", 3) == "ab...");
}

TEST_CASE("UTF-8 is told from other bytes") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain, \xc3\xa9, \xf0\x9f\x8d\xb5"));
  for (const char* bad : {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("times are RFC 3339 with nanoseconds") {
  CHECK(format_rfc3339({0}) == "1970-01-01T00:00:00.000000000Z");
  CHECK(format_rfc3339({1'795'500'787'123'456'789}) == "2026-11-24T06:13:07.123456789Z");
  CHECK(format_rfc3339({951'782'400 * second}) == "2000-02-29T00:00:00.000000000Z");
  CHECK(format_rfc3339({-1}) == "1969-12-31T23:59:59.999999999Z");
}

TEST_CASE("shell words are split with quotes and backslashes") {
  using Words = std::vector<std::string>;
  CHECK(*split_shell_words("a  b\tc\n") == Words{"a", "b", "c"});
  CHECK(*split_shell_words("'a b'\"c d\"e") == Words{"a bc de"});
  CHECK(*split_shell_words(R"("a\"b" 'a\b' a\ b "\x")") == Words{"a\"b", "a\\b", "a b", "\\x"});
  CHECK(*split_shell_words("'' \"\"") == Words{"", ""});
  CHECK(*split_shell_words("a\\\nb") == Words{"ab"});
  CHECK(split_shell_words("")->empty());
  CHECK(split_shell_words("ab 'c").error().message ==
        "no closing quote (') for the one in column 4");
  CHECK_FALSE(split_shell_words("a\\").has_value());
}

}  // namespace
}  // namespace stayd
