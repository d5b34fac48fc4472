// SPDX-License-Identifier: Apache-2.0
// A log writer killed at every step, and supervisors that come and go.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "app/logwriter/rig_test_support.h"
#include "journal/index_format.h"

using namespace stayd;
using namespace stayd::app;

namespace {

/// Whether every byte of each segment is in exactly one record, and every record in the text.
bool is_covered(const std::string& place, const std::string& text_name) {
  const std::string index =
      content_of(place + "/" + text_name.substr(0, text_name.size() - 3) + "idx");
  const std::uint64_t size = content_of(place + "/" + text_name).size();
  if (index.size() % journal::index_entry_bytes != 0) return false;
  std::uint64_t covered = 0;
  for (std::size_t at = journal::index_entry_bytes; at < index.size();
       at += journal::index_entry_bytes) {
    const auto record = journal::decode_record({index.data() + at, journal::index_entry_bytes});
    if (!record || record->offset != covered) return false;
    covered += record->length;
  }
  return covered == size;
}

std::size_t empty_texts(const std::string& place) {
  std::size_t count = 0;
  for (const std::string& name : names_in(place)) {
    struct stat found{};
    if (!name.ends_with(".log")) continue;
    if (::stat((place + "/" + name).c_str(), &found) == 0 && found.st_size == 0) ++count;
  }
  return count;
}

ino_t inode_of(const os::Fd& fd) {
  struct stat found{};
  REQUIRE(::fstat(fd.number(), &found) == 0);
  return found.st_ino;
}

}  // namespace

TEST_CASE("row 55: killed before each system call of a rotation, no byte and no file is lost") {
  const std::string text = lines_of(4200);  // some 200 KiB: it rotates three times
  for (int n = 1;; ++n) {
    TestFolder folder;
    Rig rig(folder.path());
    auto out = rig.open({.settings = {.max_files = 100, .max_size = 64u << 10}});
    REQUIRE(::fcntl(out.write_end.number(), F_SETPIPE_SZ, 512 << 10) > 0);
    write_to(out.write_end, text);
    out.write_end.reset();
    const bool killed = rig.start_and_kill_at_call(n);
    CAPTURE(n);
    const std::string place = folder.path() + "/web";
    CHECK(empty_texts(place) <= 1);
    if (!killed) {
      CHECK(n > 100);
      CHECK((whole_log(place) == text));
      break;
    }
    auto next_run = rig.open({.run = 2, .settings = {.max_files = 100, .max_size = 64u << 10}});
    write_to(next_run.write_end, "next run\n");
    rig.start();
    rig.send(journal::Leave{});
    REQUIRE(rig.wait() == 0);
    CHECK((whole_log(place) == text + "next run\n"));
    CHECK(empty_texts(place) == 0);
    for (const std::string& name : names_in(place)) {
      if (name.ends_with(".log")) CHECK(is_covered(place, name));
    }
  }
}

TEST_CASE("a successor of the supervisor gets every stream and kept descriptor back") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  std::set<std::pair<std::uint32_t, ino_t>> expected;
  std::vector<Rig::Opened> streams;
  for (int i = 0; i < 200; ++i) {
    streams.push_back(rig.open({.instance = "web@" + std::to_string(i), .run = 7}));
    expected.emplace(streams.back().number, inode_of(streams.back().write_end));
  }
  std::array<int, 2> kept{};
  REQUIRE(::pipe2(kept.data(), O_CLOEXEC) == 0);
  const os::Fd kept_read(kept[0]);
  const os::Fd kept_write(kept[1]);
  rig.send(journal::Keep{.key = 5}, {kept_read.view()});
  rig.send(journal::Keep{.key = 6}, {kept_write.view()});
  rig.send(journal::Release{.key = 6});
  rig.send(journal::GiveBack{});

  std::set<std::pair<std::uint32_t, ino_t>> given;
  std::vector<std::uint64_t> keys;
  for (;;) {
    os::Fd descriptor;
    const auto message = rig.next(&descriptor);
    REQUIRE(message.has_value());
    if (const auto* stream = std::get_if<journal::GivenStream>(&*message)) {
      CHECK(stream->run == RunId{7});
      given.emplace(stream->number, inode_of(descriptor));
    } else if (const auto* key = std::get_if<journal::GivenKept>(&*message)) {
      keys.push_back(key->key);
      CHECK(inode_of(descriptor) == inode_of(kept_read));
    } else if (std::holds_alternative<journal::GivenBackAll>(*message)) {
      break;
    }
  }
  CHECK((given == expected));
  CHECK(keys == std::vector<std::uint64_t>{5});

  write_to(streams[3].write_end, "goes on\n");
  streams[3].write_end.reset();
  REQUIRE(rig.wait_ended(streams[3].number));
  CHECK(whole_log(folder.path() + "/web@3") == "goes on\n");
}

TEST_CASE("sending a stream twice is harmless, and an unknown Discard is answered") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  auto out = rig.open({});
  rig.send_again();
  write_to(out.write_end, "once\n");
  out.write_end.reset();
  REQUIRE(rig.wait_ended(out.number));
  CHECK(whole_log(folder.path() + "/web") == "once\n");
  rig.send(journal::Discard{.number = 4711});
  const auto answer = rig.next();
  REQUIRE(answer.has_value());
  const auto* ended = std::get_if<journal::Ended>(&*answer);
  REQUIRE(ended != nullptr);
  CHECK(ended->number == 4711);
}

TEST_CASE("without a supervisor it drains what is open, and then ends") {
  TestFolder folder;
  std::string expected;
  {
    Rig rig(folder.path());
    rig.start();
    auto out = rig.open({});
    rig.hang_up();
    write_to(out.write_end, "nobody listens\n");
    out.write_end.reset();
    CHECK(rig.wait() == 0);
  }
  CHECK(whole_log(folder.path() + "/web") == "nobody listens\n");
}

TEST_CASE("more logs than may be open at once: every line arrives, descriptors stay few") {
  TestFolder folder;
  Rig rig(folder.path());
  rig.start();
  constexpr int count = 700;
  std::vector<Rig::Opened> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(rig.open({.instance = "s" + std::to_string(i)}));
    write_to(streams.back().write_end, "one\n");
  }
  const auto in_log = [&](int i, const char* text) {
    const std::string place = folder.path() + "/s" + std::to_string(i);
    return eventually([&] { return whole_log(place) == text; });
  };
  for (int i = 0; i < count; ++i) REQUIRE(in_log(i, "one\n"));
  const std::string descriptors = "/proc/" + std::to_string(rig.pid()) + "/fd";
  CHECK(names_in(descriptors).size() < count + 1024 + 20);
  for (const auto& stream : streams) write_to(stream.write_end, "two\n");
  for (int i = 0; i < count; ++i) CHECK(in_log(i, "one\ntwo\n"));
}
