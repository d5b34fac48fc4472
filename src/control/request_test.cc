// SPDX-License-Identifier: Apache-2.0
#include "control/request.h"

#include <doctest/doctest.h>

#include "control/frame.h"

namespace stayd::control {
namespace {

RequestError error_of(std::string_view message) {
  const auto request = decode_request(message);
  REQUIRE_FALSE(request.has_value());
  return request.error();
}

Request decoded(std::string_view message) {
  const auto request = decode_request(message);
  REQUIRE(request.has_value());
  return *request;
}

}  // namespace

TEST_CASE("a call is read whatever the order of its members") {
  const auto request =
      decoded(R"({"parameters":{"timeout":1.5,"wait":true,"names":["web","db@1"]},"x":[{"y":1}],)"
              R"("method":"dev.stayd.Supervisor.Stop"})");
  CHECK(request.method == Method::stop);
  CHECK_EQ(request.names, std::vector<std::string>{"web", "db@1"});
  CHECK(request.wait);
  CHECK_EQ(request.timeout.ns, milliseconds(1500).ns);
  CHECK_FALSE(request.more);
}

TEST_CASE("defaults stand for what is absent or null") {
  const auto request =
      decoded(R"({"method":"dev.stayd.Supervisor.Kill","parameters":{"names":[],"signal":null}})");
  CHECK(request.names.empty());
  CHECK_EQ(request.signal, 15);
  CHECK(request.whom == model::StopTo::group);
  CHECK(decoded(R"({"method":"dev.stayd.Supervisor.Status"})").limit == 0);
  CHECK(decoded(R"({"method":"dev.stayd.Supervisor.Status","parameters":null})").names.empty());
}

TEST_CASE("what encode_request writes, decode_request reads") {
  for (const auto method :
       {Method::status, Method::start, Method::stop, Method::restart, Method::reload, Method::kill,
        Method::wait, Method::explain, Method::shutdown, Method::get_interface_description}) {
    CAPTURE(full_name(method));
    Request request;
    request.method = method;
    request.names = {"web", "d\"b"};
    request.name = "web";
    request.after = "a";
    request.limit = 5;
    request.wait = true;
    request.timeout = milliseconds(250);
    request.signal = 9;
    request.whom = model::StopTo::all;
    request.condition = WaitFor::done;
    request.mode = ShutdownMode::now;
    request.interface = "a.b";
    const auto text = encode_request(request);
    const auto again = decoded(text);
    CHECK(again.method == method);
    CHECK_EQ(encode_request(again), text);
  }
}

TEST_CASE("what is not a call is malformed") {
  for (const std::string_view garbage :
       {"",
        " ",
        "x",
        "[]",
        "[1]",
        "7",
        "\"text\"",
        "null",
        "{}",
        "{",
        R"({"method":7})",
        R"({"method":null})",
        R"({"method":{}})",
        R"({"method":""})",
        R"({"parameters":{}})",
        R"({"method":"dev.stayd.Supervisor.Status","parameters":[]})",
        R"({"method":"dev.stayd.Supervisor.Status","parameters":"x"})",
        R"({"method":"dev.stayd.Supervisor.Status","more":1})",
        R"({"method":"dev.stayd.Supervisor.Status","upgrade":true})",
        R"({"method":"dev.stayd.Supervisor.Status","method":"x"})",
        R"({"method":"dev.stayd.Supervisor.Status"} {})",
        "{\"method\":\"\xff\xfe\"}"}) {
    CAPTURE(garbage);
    CHECK(error_of(garbage).fault == RequestFault::malformed);
  }
}

TEST_CASE("nesting is limited, also where members are skipped") {
  const auto nested = [](std::size_t depth) {
    return R"({"method":"dev.stayd.Supervisor.Status","other":)" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  CHECK(decode_request(nested(16)).has_value());
  CHECK(error_of(nested(17)).fault == RequestFault::malformed);
  CHECK(error_of(nested(400'000)).fault == RequestFault::malformed);
  CHECK(error_of(std::string(400'000, '[')).fault == RequestFault::malformed);
}

TEST_CASE("unknown interfaces and methods are named") {
  const auto interface = error_of(R"({"method":"org.example.Other.Status"})");
  CHECK(interface.fault == RequestFault::interface_not_found);
  CHECK_EQ(interface.subject, "org.example.Other");
  const auto method = error_of(R"({"method":"dev.stayd.Supervisor.Explode","oneway":true})");
  CHECK(method.fault == RequestFault::method_not_found);
  CHECK_EQ(method.subject, "dev.stayd.Supervisor.Explode");
  CHECK(method.oneway);
  CHECK_EQ(error_of(R"({"method":"nodots"})").subject, "nodots");
}

TEST_CASE("parameters that are wrong, foreign, doubled or missing are named") {
  const auto subject = [](std::string_view method, std::string_view parameters) {
    const auto error = error_of(std::string(R"({"method":"dev.stayd.Supervisor.)")
                                    .append(method)
                                    .append(R"(","parameters":{)")
                                    .append(parameters)
                                    .append("}}"));
    CHECK(error.fault == RequestFault::invalid_parameter);
    return error.subject;
  };
  CHECK_EQ(subject("Stop", R"("names":"web")"), "names");
  CHECK_EQ(subject("Stop", R"("names":[1])"), "names");
  CHECK_EQ(subject("Stop", R"("names":[["web"]])"), "names");
  CHECK_EQ(subject("Stop", R"("names":[{"a":"web"}])"), "names");
  CHECK_EQ(subject("Stop", R"("names":[""])"), "names");
  CHECK_EQ(subject("Stop", R"("names":[null])"), "names");
  CHECK_EQ(subject("Stop", R"("names":["a"],"names":["b"])"), "names");
  CHECK_EQ(subject("Stop", R"("wait":true)"), "names");
  CHECK_EQ(subject("Stop", R"("names":[],"dry_run":true)"), "dry_run");
  CHECK_EQ(subject("Stop", R"("names":[],"signal":9)"), "signal");
  CHECK_EQ(subject("Stop", R"("names":[],"timeout":-1)"), "timeout");
  CHECK_EQ(subject("Stop", R"("names":[],"timeout":1e300)"), "timeout");
  CHECK_EQ(subject("Stop", R"("names":[],"timeout":"5s")"), "timeout");
  CHECK_EQ(subject("Stop", R"("names":[],"wait":1)"), "wait");
  CHECK_EQ(subject("Kill", R"("names":[],"signal":0)"), "signal");
  CHECK_EQ(subject("Kill", R"("names":[],"signal":65)"), "signal");
  CHECK_EQ(subject("Kill", R"("names":[],"signal":1.5)"), "signal");
  CHECK_EQ(subject("Kill", R"("names":[],"whom":"everyone")"), "whom");
  CHECK_EQ(subject("Wait", R"("names":[])"), "condition");
  CHECK_EQ(subject("Wait", R"("condition":"happy")"), "condition");
  CHECK_EQ(subject("Status", R"("limit":0)"), "limit");
  CHECK_EQ(subject("Status", R"("limit":99999999999999999999)"), "limit");
  CHECK_EQ(subject("Explain", R"("name":7)"), "name");
  CHECK_EQ(subject("Shutdown", R"("mode":{})"), "mode");
}

TEST_CASE("a name has a limit, and so has their number") {
  const auto with = [](const std::string& names) {
    return R"({"method":"dev.stayd.Supervisor.Stop","parameters":{"names":[)" + names + "]}}";
  };
  CHECK(decode_request(with("\"" + std::string(255, 'n') + "\"")).has_value());
  CHECK(error_of(with("\"" + std::string(256, 'n') + "\"")).subject == "names");
  std::string many = "\"n\"";
  for (std::size_t i = 1; i < most_names; ++i) many += ",\"n\"";
  CHECK_EQ(decoded(with(many)).names.size(), most_names);
  CHECK(error_of(with(many + ",\"n\"")).subject == "names");
}

TEST_CASE("Events has only streams of replies, commands only one reply") {
  CHECK(error_of(R"({"method":"dev.stayd.Supervisor.Events"})").fault ==
        RequestFault::expected_more);
  CHECK(decoded(R"({"method":"dev.stayd.Supervisor.Events","more":true})").more);
  CHECK_FALSE(
      decoded(R"({"method":"dev.stayd.Supervisor.Stop","parameters":{"names":[]},"more":true})")
          .more);
}

TEST_CASE("each method needs the right that the interface file says") {
  CHECK(needed_right(Method::get_info) == Right::none);
  CHECK(needed_right(Method::status) == Right::viewer);
  CHECK(needed_right(Method::events) == Right::viewer);
  CHECK(needed_right(Method::kill) == Right::operator_);
  CHECK(needed_right(Method::shutdown) == Right::owner);
}

}  // namespace stayd::control
