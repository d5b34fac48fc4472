// SPDX-License-Identifier: Apache-2.0
#include "runtime/log_link.h"

#include <doctest/doctest.h>

#include <array>
#include <optional>

#include "os/pipe.h"
#include "os/process.h"
#include "os/socket.h"
#include "runtime/spec_test_support.h"

namespace stayd::runtime {
namespace {

/// A log writer that is this test: what it is sent is read from its end of the channel. The link
/// takes it for one that a predecessor had started.
struct Rig {
  model::Service web = service_named("web");
  HeldSpec held{{web}};
  std::optional<os::Spawner> spawner;
  std::optional<os::Epoll> epoll;
  std::optional<LogLink> link;
  os::Fd writer;
  LogNews news;

  Rig() {
    spawner.emplace(os::Spawner::create().value());
    epoll.emplace(os::Epoll::create().value());
    LogChannel channel = LogChannel::create().value();
    writer = os::duplicate(channel.theirs.view()).value();
    link.emplace(LogLink::Setting{.spawner = *spawner,
                                  .epoll = *epoll,
                                  .names = held.names,
                                  .spec = held.spec,
                                  .executable = {},
                                  .events = {.max_files = 3}},
                 std::move(channel));
    REQUIRE(link->begin());
  }

  void say(const journal::FromWriter& message, std::span<const os::FdView> beside = {}) {
    REQUIRE(os::send_message(writer.view(), journal::encode(message), beside));
  }
  /// The link resumes; what was said before is what the log writer gives back.
  void resume() {
    say(journal::GivenBackAll{});
    REQUIRE(link->resume_writer(os::own_pid(), seconds(10)));
    REQUIRE(std::holds_alternative<journal::GiveBack>(*heard()));
  }
  /// The next message to the log writer; none waits: nothing.
  std::optional<journal::ToWriter> heard() {
    std::array<char, journal::most_message_bytes> buffer;
    auto received = os::receive_message(writer.view(), buffer);
    if (!received) return std::nullopt;
    descriptors = received->descriptor_count;
    return journal::decode_to_writer({buffer.data(), received->size}).value();
  }
  std::uint8_t descriptors = 0;
};

TEST_CASE("a run's outputs are on their way to the log writer before they are handed out") {
  Rig rig;
  rig.resume();
  const RunOutputs outputs = rig.link->open(InstanceId{0}, RunId{7}, rig.web).value();
  const auto streams = std::get<journal::Streams>(rig.heard().value());
  CHECK(streams.instance == "web");
  CHECK(streams.run == RunId{7});
  REQUIRE(streams.count == 2);
  CHECK(rig.descriptors == 2);
  CHECK(streams.ends[0].number == outputs.out_stream);
  CHECK(streams.ends[1].number == outputs.err_stream);
  CHECK(rig.link->stream_count() == 2);
}

TEST_CASE("a read end is kept until the log writer has reported its end") {
  Rig rig;
  rig.resume();
  RunOutputs outputs = rig.link->open(InstanceId{0}, RunId{7}, rig.web).value();
  outputs.out.reset();
  rig.say(journal::Ended{{{outputs.out_stream}}});
  rig.say(journal::Ended{{{outputs.out_stream}}});  // may come twice
  rig.link->ready(os::readable, rig.news);
  CHECK(rig.link->stream_count() == 1);
  CHECK(os::write_some(outputs.err.view(), "still has a reader"));
}

TEST_CASE("what a run printed is told once, when both of its outputs have ended") {
  Rig rig;
  rig.resume();
  RunOutputs outputs = rig.link->open(InstanceId{0}, RunId{7}, rig.web).value();
  rig.say(journal::Ended{{{outputs.err_stream, 20}}});
  rig.link->ready(os::readable, rig.news);
  CHECK(rig.news.outputs.empty());
  rig.say(journal::Ended{{{outputs.out_stream, 100}}});
  rig.say(journal::Ended{{{outputs.out_stream, 100}}});  // may come twice
  rig.link->ready(os::readable, rig.news);
  REQUIRE(rig.news.outputs.size() == 1);
  CHECK(rig.news.outputs[0].run == RunId{7});
  CHECK(rig.news.outputs[0].bytes == 120);
}

TEST_CASE("what an adopted run printed is not known") {
  Rig rig;
  const os::Pipe pipe = os::create_pipe().value();
  const std::array<os::FdView, 1> read_end{pipe.read_end.view()};
  rig.say(journal::GivenStream{.number = 14, .instance = "web", .run = RunId{7}}, read_end);
  rig.resume();
  rig.say(journal::Ended{{{14, 100}}});
  rig.link->ready(os::readable, rig.news);
  REQUIRE(rig.news.outputs.size() == 1);
  CHECK_FALSE(rig.news.outputs[0].bytes.has_value());
}

TEST_CASE("events have a stream of their own, with limits of their own") {
  Rig rig;
  rig.resume();
  const os::Fd end = rig.link->open_events().value();
  const auto streams = std::get<journal::Streams>(rig.heard().value());
  CHECK(streams.instance == "@events");
  CHECK(streams.settings.to_file);
  CHECK_FALSE(streams.settings.to_console);
  CHECK(streams.settings.max_files == 3);
  CHECK(os::write_some(end.view(), "{}\n"));
}

TEST_CASE("merged outputs are one stream, and none where nothing is to be kept") {
  Rig rig;
  rig.resume();
  rig.web.log.stderr_to = model::StderrTo::merge;
  const RunOutputs merged = rig.link->open(InstanceId{0}, RunId{7}, rig.web).value();
  CHECK(merged.out.valid());
  CHECK_FALSE(merged.err.valid());
  CHECK(std::get<journal::Streams>(rig.heard().value()).count == 1);
  rig.web.log.to_file = false;
  const RunOutputs none = rig.link->open(InstanceId{0}, RunId{8}, rig.web).value();
  CHECK_FALSE(none.out.valid());
  CHECK_FALSE(rig.heard().has_value());
}

TEST_CASE("a log writer that does not read holds up nobody, and misses nothing") {
  Rig rig;
  rig.resume();
  constexpr std::uint64_t runs = 400;  // more than a channel of the default size takes
  std::vector<RunOutputs> outputs;
  for (std::uint64_t run = 1; run <= runs; ++run)
    outputs.push_back(rig.link->open(InstanceId{0}, RunId{run}, rig.web).value());
  std::uint64_t next = 1;
  for (int turn = 0; turn < 100 && next <= runs; ++turn) {
    while (const auto message = rig.heard())
      CHECK(number_of(std::get<journal::Streams>(*message).run) == next++);
    rig.link->ready(os::writable, rig.news);
  }
  CHECK(next == runs + 1);
}

TEST_CASE("streams and kept descriptors come back from a log writer that went on") {
  Rig rig;
  const os::Pipe pipe = os::create_pipe().value();
  const std::array<os::FdView, 1> read_end{pipe.read_end.view()};
  rig.say(journal::GivenStream{.number = 14, .instance = "web", .run = RunId{7}}, read_end);
  rig.say(journal::GivenStream{.number = 20, .instance = "gone", .run = RunId{10}}, read_end);
  rig.say(journal::GivenKept{.key = 5}, read_end);
  rig.say(journal::GivenKept{.key = 6}, read_end);
  rig.resume();
  CHECK(rig.link->stream_count() == 1);
  CHECK(rig.link->take_kept(5).valid());
  CHECK_FALSE(rig.link->take_kept(5).valid());
  CHECK_FALSE(rig.link->take_kept(4).valid());
  rig.link->release_untaken();
  CHECK(std::get<journal::Release>(rig.heard().value()).key == 6);
  rig.link->release(5);
  CHECK(std::get<journal::Release>(rig.heard().value()).key == 5);
}

TEST_CASE("a command beside a run writes where the run writes") {
  Rig rig;
  rig.resume();
  RunOutputs outputs = rig.link->open(InstanceId{0}, RunId{7}, rig.web).value();
  CHECK(rig.link->writer_for(RunId{7}).valid());
  CHECK_FALSE(rig.link->writer_for(RunId{8}).valid());
}

TEST_CASE("a log writer that is not there is told of") {
  Rig rig;
  rig.resume();
  CHECK_FALSE(rig.link->lacks_writer());
  CHECK(rig.link->writer_ended(rig.link->writer_generation()));
  CHECK(rig.link->lacks_writer());
}

TEST_CASE("troubles of the log writer are handed on") {
  Rig rig;
  rig.resume();
  rig.say(journal::Trouble{.instance = "web", .begins = true, .text = "disk full"});
  rig.link->ready(os::readable, rig.news);
  REQUIRE(rig.news.troubles.size() == 1);
  CHECK(rig.news.troubles[0].text == "disk full");
}

}  // namespace
}  // namespace stayd::runtime
