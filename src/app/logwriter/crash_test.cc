// SPDX-License-Identifier: Apache-2.0
// A log writer killed at every step, and supervisors that come and go.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "app/logwriter/rig_test_support.h"
#include "journal/index_format.h"
#include "journal/instance_folder.h"
#include "journal/segment_compressor.h"
#include "journal/segment_source.h"
#include "os/files.h"
#include "os/process.h"

using namespace stayd;
using namespace stayd::app;
using journal::LogKind;

namespace {

/// Whether every byte of a text is in exactly one record, and every record in the text.
bool is_covered(const std::string& index, std::uint64_t text_size) {
  if (index.size() % journal::index_entry_bytes != 0) return false;
  std::uint64_t covered = 0;
  for (std::size_t at = journal::index_entry_bytes; at < index.size();
       at += journal::index_entry_bytes) {
    const auto record = journal::decode_record({index.data() + at, journal::index_entry_bytes});
    if (!record || record->offset != covered) return false;
    covered += record->length;
  }
  return covered == text_size;
}

/// Whether that holds for the current segment and for every closed one, compressed or not.
bool all_covered(const std::string& place) {
  const auto folder = os::open_folder(place);
  REQUIRE(folder.has_value());
  const auto closed = journal::content_of(folder->view(), LogKind::out);
  bool good = closed.unfinished.empty() && closed.texts == closed.indexes &&
              closed.plain.size() + closed.compressed.size() == closed.texts.size();
  for (const std::uint64_t segment : closed.texts) {
    const auto source = journal::SegmentSource::open(folder->view(), LogKind::out, segment);
    const std::string index =
        content_of(place + "/" + journal::closed_index_name(LogKind::out, segment));
    good = good && source && is_covered(index, source->size());
  }
  return good &&
         is_covered(content_of(place + "/stdout.idx"), content_of(place + "/stdout.log").size());
}

/// One of a text that came in one burst.
std::string index_of(std::uint64_t text_size) {
  const auto header = journal::encode(journal::IndexHeader{.segment = 1, .created = {}});
  const auto burst = journal::encode(journal::IndexRecord{.run = RunId{1}, .length = text_size});
  return std::string(header.data(), header.size()) + std::string(burst.data(), burst.size());
}

std::size_t empty_texts(const std::string& place) {
  std::size_t count = 0;
  for (const std::string& name : names_in(place)) {
    struct stat found{};
    if (!name.ends_with(".log")) continue;
    if (::stat(std::string(place).append("/").append(name).c_str(), &found) == 0 &&
        found.st_size == 0)
      ++count;
  }
  return count;
}

ino_t inode_of(const os::Fd& fd) {
  struct stat found{};
  REQUIRE(::fstat(fd.number(), &found) == 0);
  return found.st_ino;
}

/// Segments 1 (compressed, its plain text not removed) and 2 (its index not renamed), an unfinished
/// one, and an index without a text.
void leave_a_mess(const std::string& place, const std::string& text) {
  REQUIRE(::mkdir(place.c_str(), 0750) == 0);
  const auto put = [&](const char* name, std::string_view content) {
    REQUIRE(os::write_file(place + "/" + name, content, 0640).has_value());
  };
  const auto folder = os::open_folder(place);
  REQUIRE(folder.has_value());
  put("stdout.000001.log", text);
  put("stdout.000001.idx", index_of(text.size()));
  REQUIRE(journal::compress_segment(folder->view(), LogKind::out, 1).has_value());
  put("stdout.000001.log", text);
  put("stdout.000002.log", text);
  put("stdout.000002.log.tmp", "half");
  put("stdout.idx", index_of(text.size()));
  put("stdout.000009.idx", index_of(1));
}

/// What a killed compressor left goes at the next look; a log writer that was told to leave did not
/// wait for its own.
bool repaired(const std::string& place) {
  const auto folder = os::open_folder(place);
  return folder && journal::repair_folder(folder->view(), LogKind::out).has_value();
}

/// So many logs with a line each, and a second one when the first has come; how many descriptors
/// a log writer that may have `most` had open between them.
std::size_t descriptors_with_logs(int count, std::uint64_t most) {
  TestFolder folder;
  Rig rig(folder.path());
  rig.limit_descriptors(most);
  rig.start();
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
  const std::size_t open = names_in("/proc/" + std::to_string(rig.pid()) + "/fd").size();
  for (const auto& stream : streams) write_to(stream.write_end, "two\n");
  for (int i = 0; i < count; ++i) CHECK(in_log(i, "one\ntwo\n"));
  return open;
}

}  // namespace

TEST_CASE("row 55: killed before each system call of a rotation, no byte and no file is lost") {
  const std::string text = lines_of(4200);  // some 200 KiB: it rotates three times
  const journal::StreamSettings settings{
      .max_files = 100, .max_size = 64u << 10, .compress = model::Compress::zstd};
  for (int n = 1;; n += call_step(4)) {
    TestFolder folder;
    Rig rig(folder.path());
    auto out = rig.open({.settings = settings});
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
    auto next_run = rig.open({.run = 2, .settings = settings});
    write_to(next_run.write_end, "next run\n");
    rig.start();
    rig.send(journal::Leave{});
    REQUIRE(rig.wait() == 0);
    CHECK((whole_log(place) == text + "next run\n"));
    CHECK(empty_texts(place) == 0);
    CHECK(eventually(
        [&] { return !is_running("stayd-compress") && repaired(place) && all_covered(place); }));
  }
}

TEST_CASE("row 55: killed before each system call of a compression, the text is there once") {
  const std::string text = lines_of(12000);  // more than one frame
  for (int n = 1;; ++n) {
    TestFolder folder;
    const auto place = os::open_folder(folder.path());
    REQUIRE(place.has_value());
    REQUIRE(os::write_file(folder.path() + "/stdout.000001.log", text, 0640).has_value());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ask_to_be_traced();
      ::_exit(journal::compress_segment(place->view(), LogKind::out, 1) ? 0 : 1);
    }
    const bool killed = reaches_call(child, n);
    if (killed) {
      REQUIRE(::kill(child, SIGKILL) == 0);
      REQUIRE(::waitpid(child, nullptr, 0) == child);
    }
    CAPTURE(n);
    CHECK((whole_log(folder.path()) == text));
    CHECK(journal::content_of(place->view(), LogKind::out).texts.size() == 1);
    REQUIRE(journal::repair_folder(place->view(), LogKind::out).has_value());
    const auto repaired = journal::content_of(place->view(), LogKind::out);
    CHECK(repaired.plain.size() + repaired.compressed.size() == 1);
    CHECK(repaired.unfinished.empty());
    if (!repaired.plain.empty()) {
      REQUIRE(journal::compress_segment(place->view(), LogKind::out, 1).has_value());
    }
    CHECK((whole_log(folder.path()) == text));
    CHECK(names_in(folder.path()) == std::vector<std::string>{"stdout.000001.log.zst"});
    if (!killed) {
      CHECK(n > 10);
      break;
    }
  }
}

TEST_CASE("row 55: killed before each system call of a repair, the next one ends it") {
  const std::string text = lines_of(2000);
  for (int n = 1;; n += call_step(4)) {
    TestFolder folder;
    const std::string place = folder.path() + "/web";
    leave_a_mess(place, text);
    Rig rig(folder.path());
    auto out = rig.open({});
    write_to(out.write_end, "next\n");
    out.write_end.reset();
    const bool killed = rig.start_and_kill_at_call(n);
    CAPTURE(n);
    if (killed) {
      auto more = rig.open({.run = 2});
      write_to(more.write_end, "more\n");
      rig.start();
      rig.send(journal::Leave{});
      REQUIRE(rig.wait() == 0);
    }
    CHECK((whole_log(place) == text + text + "next\n" + (killed ? "more\n" : "")));
    CHECK(all_covered(place));
    if (!killed) break;
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
  REQUIRE(ended->streams.size() == 1);
  CHECK(ended->streams[0].number == 4711);
}

TEST_CASE("without a supervisor it drains what is open, and then ends") {
  TestFolder folder;
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
  CHECK(descriptors_with_logs(400, 2048) < 400 + 2048 / 4 + 20);
}

TEST_CASE("a thousand logs stay open where the limit lets them") {
  const auto limit = os::raise_descriptor_limit();
  if (!limit || *limit < 10'000) {
    MESSAGE("skipped: the hard limit of open files is below 10,000");
    return;
  }
  CHECK(descriptors_with_logs(1000, 10'000) > 3 * 1000);
}
