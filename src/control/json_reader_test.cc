// SPDX-License-Identifier: Apache-2.0
#include "control/json_reader.h"

#include <doctest/doctest.h>

#include <string>

namespace stayd::control {
namespace {

/// Writes down what it is told.
class Notes final : public JsonSink {
 public:
  std::string text_;
  std::string stop_at;

  bool begin_object() override { return note("{"); }
  bool end_object() override { return note("}"); }
  bool begin_array() override { return note("["); }
  bool end_array() override { return note("]"); }
  bool key(std::string_view name) override { return note(std::string(name) + ":"); }
  bool text(std::string_view value) override { return note("'" + std::string(value) + "'"); }
  bool integer(std::int64_t value) override { return note(std::to_string(value)); }
  bool real(double value) override { return note("~" + std::to_string(value)); }
  bool boolean(bool value) override { return note(value ? "yes" : "no"); }
  bool null() override { return note("null"); }

 private:
  bool note(const std::string& what) {
    text_.append(text_.empty() ? "" : " ").append(what);
    return what != stop_at;
  }
};

std::string told(std::string_view json) {
  Notes notes;
  return read_json(json, notes) == JsonOutcome::complete ? notes.text_ : "malformed";
}

}  // namespace

TEST_CASE("a whole text is told in order") {
  CHECK_EQ(told(R"( {"a" : [1, -2.5, true, false, null], "b":{"c":"d"}, "e":[], "f":{} } )"),
           "{ a: [ 1 ~-2.500000 yes no null ] b: { c: 'd' } e: [ ] f: { } }");
  CHECK_EQ(told("0"), "0");
  CHECK_EQ(told("\"\""), "''");
}

TEST_CASE("escapes become what they stand for") {
  CHECK_EQ(told(R"("a\"\\\/\b\f\n\r\tz")"), "'a\"\\/\b\f\n\r\tz'");
  CHECK_EQ(told(R"("\u0041\u00e9\u20AC\ud83d\ude00!")"),
           "'A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!'");
  CHECK_EQ(told("\"\xc3\xa9\""), "'\xc3\xa9'");
}

TEST_CASE("numbers: whole ones stay exact, others are reals, none is more than a double") {
  CHECK_EQ(told("9223372036854775807"), "9223372036854775807");
  CHECK_EQ(told("-9223372036854775808"), "-9223372036854775808");
  CHECK(told("9223372036854775808").starts_with("~9223372036854775808"));
  CHECK_EQ(told("1e2"), "~100.000000");
  CHECK_EQ(told("1E+2"), "~100.000000");
  CHECK_EQ(told("1e999"), "malformed");
}

TEST_CASE("what is no JSON is refused") {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "[1 2]",
                                      "01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "-",
                                      "tru",
                                      "nul",
                                      "\"a",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\udc00\"",
                                      "\"\n\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "1 1",
                                      "{} x",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":}",
                                      "NaN",
                                      "'a'",
                                      "[",
                                      "[1",
                                      "{\"a\":1",
                                      "\"\\"}) {
    CAPTURE(text);
    CHECK_EQ(told(text), "malformed");
  }
  CHECK_EQ(told(std::string_view("1\0", 2)), "malformed");
}

TEST_CASE("nesting has a limit, and the sink may stop") {
  Notes notes;
  const std::string deep = std::string(16, '[') + std::string(16, ']');
  CHECK(read_json(deep, notes) == JsonOutcome::complete);
  CHECK(read_json("[" + deep + "]", notes) == JsonOutcome::too_deep);
  CHECK(read_json(std::string(100'000, '['), notes) == JsonOutcome::too_deep);
  Notes picky;
  picky.stop_at = "2";
  CHECK(read_json("[1,2,3]", picky) == JsonOutcome::stopped);
  CHECK_EQ(picky.text_, "[ 1 2");
}

}  // namespace stayd::control
