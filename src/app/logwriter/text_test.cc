// SPDX-License-Identifier: Apache-2.0
// Files with a time in front of each line, or an object for each.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "app/logwriter/rig_test_support.h"

using namespace stayd;
using namespace stayd::app;

namespace {

const journal::StreamSettings iso{
    .max_files = 1000, .max_size = 64u << 10, .timestamps = model::Timestamps::iso};
const journal::StreamSettings json{
    .format = model::LogFormat::json, .max_files = 1000, .max_size = 64u << 10};
constexpr std::size_t iso_length = 31;

/// The lines without their times; each must have one.
std::string without_times(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    REQUIRE(text.size() >= at + iso_length);
    REQUIRE(text.substr(at, 2) == "20");
    REQUIRE(text.substr(at + iso_length - 2, 2) == "Z ");
    const std::size_t end = text.find('\n', at) + 1;
    REQUIRE(end != 0);
    out += text.substr(at + iso_length, end - at - iso_length);
    at = end;
  }
  return out;
}

/// The messages of objects that need no unescaping; a partial one has no line end.
std::string messages_of(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string object = text.substr(at, end - at);
    REQUIRE(object.starts_with("{\"time\":\"20"));
    REQUIRE(object.ends_with('}'));
    const std::size_t begin = object.find("\"message\":\"") + 11;
    const std::size_t length = object.find('"', begin) - begin;
    out += object.substr(begin, length);
    if (object.find("\"partial\":true", begin) == std::string::npos) out += '\n';
    at = end + 1;
  }
  return out;
}

std::string text_of(TestFolder& folder) { return whole_log(folder.path() + "/web"); }

}  // namespace

TEST_CASE("timestamps = iso: every line has its time, over rotations, partial lines and runs") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  const std::string text = lines_of(4000);
  auto first = rig.open({.settings = iso});
  write_to(first.write_end, text + "no end");
  first.write_end.reset();
  CHECK(rig.wait_ended(first.number));
  auto second = rig.open({.run = 2, .settings = iso});
  write_to(second.write_end, "half");
  REQUIRE(eventually([&] { return text_of(folder).ends_with("half"); }));
  write_to(second.write_end, " and half\n");
  second.write_end.reset();
  CHECK(rig.wait_ended(second.number));
  CHECK((without_times(text_of(folder)) == text + "no end\nhalf and half\n"));
  CHECK(names_in(folder.path() + "/web").size() > 4);
  for (const std::string& name : names_in(folder.path() + "/web")) {
    if (!name.ends_with(".log")) continue;
    (void)without_times(content_of(folder.path() + "/web/" + name));  // each begins with a line
  }
}

TEST_CASE("format = json: an object for each line, whole in each segment") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = json});
  const std::string text = lines_of(4000) + std::string(200'000, 'x') + "\nno end";
  write_to(out.write_end, text);
  out.write_end.reset();
  CHECK(rig.wait_ended(out.number));
  CHECK((messages_of(text_of(folder)) == text + "\n"));
  for (const std::string& name : names_in(folder.path() + "/web")) {
    if (!name.ends_with(".log")) continue;
    (void)messages_of(content_of(folder.path() + "/web/" + name));
  }
}

TEST_CASE("row 55: killed before each system call, a file of lines loses none and tears none") {
  const std::string text = lines_of(1000);
  for (int n = 1;; n += call_step(9)) {
    TestFolder folder;
    Rig rig(folder.path());
    auto out = rig.open({.settings = json});
    REQUIRE(::fcntl(out.write_end.number(), F_SETPIPE_SZ, 512 << 10) > 0);
    write_to(out.write_end, text);
    const bool killed = rig.start_and_kill_at_call(n);
    CAPTURE(n);
    if (killed) {
      rig.start();
      rig.send(journal::Leave{});
      REQUIRE(rig.wait() == 0);
    }
    const std::string messages = messages_of(text_of(folder));
    if (!killed) {
      CHECK(n > 100);
      CHECK((messages == text));
      break;
    }
    // What was written but not yet taken out of the pipe comes twice: one piece at most.
    CHECK(messages.size() <= text.size() + (16u << 10));
    const auto front = std::ranges::mismatch(messages, text).in2 - text.begin();
    const auto back =
        std::mismatch(messages.rbegin(), messages.rend(), text.rbegin(), text.rend()).second -
        text.rbegin();
    CHECK(front + back >= static_cast<std::ptrdiff_t>(text.size()));
  }
}

TEST_CASE("a log writer that was killed within a line: its successor goes on with it") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto plain = rig.open({.settings = iso});
  auto object = rig.open({.instance = "api", .settings = json});
  write_to(plain.write_end, "half");
  write_to(object.write_end, "half");
  REQUIRE(eventually([&] { return text_of(folder).ends_with("half"); }));
  REQUIRE(eventually([&] { return whole_log(folder.path() + "/api").ends_with("half"); }));
  // An index record is there once the stream rests again, and has left its pipe.
  for (const char* name : {"/web/stdout.idx", "/api/stdout.idx"}) {
    REQUIRE(eventually([&] { return content_of(folder.path() + name).size() == 128; }));
  }
  rig.kill();
  write_to(plain.write_end, " and half\n");
  write_to(object.write_end, " and half\n");
  plain.write_end.reset();
  object.write_end.reset();
  rig.start();
  CHECK(rig.wait_ended(plain.number));
  CHECK(rig.wait_ended(object.number));
  CHECK(without_times(text_of(folder)) == "half and half\n");
  CHECK(messages_of(whole_log(folder.path() + "/api")) == "half and half\n");
}

TEST_CASE("a ready pattern is told of once, whatever becomes of the output, and by a successor") {
  for (const bool to_file : {true, false}) {
    TestFolder folder;
    Rig rig(folder.path());
    auto out = rig.open({.settings = {.to_file = to_file}, .ready_pattern = "^up on port [0-9]+$"});
    write_to(out.write_end, "starting\nup on port\n");
    rig.start();
    write_to(out.write_end, "up on ");
    rig.kill();
    write_to(out.write_end, "x\nup on port 80\nup on port 81\n");
    out.write_end.reset();
    rig.start();
    std::size_t matched = 0;
    while (rig.open_streams() > 0) {
      const auto message = rig.next();
      REQUIRE(message.has_value());
      if (std::holds_alternative<journal::Matched>(*message)) ++matched;
    }
    CHECK(matched == 1);
  }
}

TEST_CASE("rate-limit: whole lines are dropped, counted in the log and told of, and nobody waits") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({.settings = {.rate_limit = 20'000, .rate_burst = 50'000}});
  const std::string text = lines_of(40000);
  write_to(out.write_end, text);
  out.write_end.reset();
  const auto begun = rig.wait_trouble(true);
  REQUIRE(begun.has_value());
  CHECK(begun->text == "more than its rate-limit of 20000 a second, the rest is dropped");
  CHECK(begun->limited);
  const auto over = rig.wait_trouble(false);
  REQUIRE(over.has_value());
  const std::string kept = text_of(folder);
  CHECK(kept.size() + over->dropped == text.size());
  CHECK(kept.size() >= 40'000);
  CHECK(kept.ends_with('\n'));
  CHECK(text.starts_with(kept.substr(0, 40'000)));
}
