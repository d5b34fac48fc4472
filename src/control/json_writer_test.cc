// SPDX-License-Identifier: Apache-2.0
#include "control/json_writer.h"

#include <doctest/doctest.h>

namespace stayd::control {
namespace {

std::string text_of(std::string_view value) {
  JsonWriter json;
  json.text(value);
  return json.take();
}

std::string seconds_of(Duration value) {
  JsonWriter json;
  json.seconds(value);
  return json.take();
}

std::string time_of(WallTime value) {
  JsonWriter json;
  json.time(value);
  return json.take();
}

}  // namespace

TEST_CASE("objects and arrays get their commas") {
  JsonWriter json;
  json.begin_object();
  json.text_field("a", "x");
  json.number_field("b", -7);
  json.key("list");
  json.begin_array();
  json.number(1);
  json.boolean(false);
  json.null();
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.end_array();
  json.unsigned_field("c", UINT64_MAX);
  json.end_object();
  CHECK_EQ(json.take(), R"({"a":"x","b":-7,"list":[1,false,null,{},[]],"c":18446744073709551615})");
}

TEST_CASE("texts are escaped and always valid UTF-8") {
  CHECK_EQ(text_of("plain"), R"("plain")");
  CHECK_EQ(text_of("a\"b\xff"), "\"a\\\"b\uFFFD\"");
}

TEST_CASE("durations are seconds, exact to the nanosecond") {
  CHECK_EQ(seconds_of(Duration{}), "0");
  CHECK_EQ(seconds_of(milliseconds(1500)), "1.5");
  CHECK_EQ(seconds_of(nanoseconds(1)), "0.000000001");
  CHECK_EQ(seconds_of(nanoseconds(-1)), "-0.000000001");
  CHECK_EQ(seconds_of(seconds(86'400)), "86400");
  CHECK_EQ(seconds_of(Duration{INT64_MIN}), "-9223372036.854775808");
}

TEST_CASE("times are RFC 3339 with nanoseconds") {
  CHECK_EQ(time_of({0}), R"("1970-01-01T00:00:00.000000000Z")");
  CHECK_EQ(time_of({1'795'500'787'123'456'789}), R"("2026-11-24T06:13:07.123456789Z")");
  CHECK_EQ(time_of({951'782'400'000'000'000}), R"("2000-02-29T00:00:00.000000000Z")");
  CHECK_EQ(time_of({-1}), R"("1969-12-31T23:59:59.999999999Z")");
  CHECK_EQ(time_of({4'107'542'399'000'000'000}), R"("2100-02-28T23:59:59.000000000Z")");
}

TEST_CASE("times that follow each other within one second share their date") {
  JsonWriter json;
  json.begin_array();
  json.time({1'000'000'000});
  json.time({1'000'000'001});
  json.time({2'000'000'000});
  json.end_array();
  CHECK_EQ(json.take(), R"(["1970-01-01T00:00:01.000000000Z","1970-01-01T00:00:01.000000001Z",)"
                        R"("1970-01-01T00:00:02.000000000Z"])");
}

}  // namespace stayd::control
