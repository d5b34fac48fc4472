// SPDX-License-Identifier: Apache-2.0
#include "app/cli/last_lines.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "journal/index_format.h"
#include "os/files.h"
#include "os/process.h"

namespace stayd::app {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

/// A log folder with one instance's files, removed at the end.
class LogFolder {
 public:
  LogFolder() {
    static int count = 0;
    path_ = fs::temp_directory_path() /
            ("stayd-lines-" + std::to_string(os::own_pid()) + "-" + std::to_string(++count));
    fs::create_directories(path_ / "web");
    write_files();
  }
  ~LogFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  void add(bool is_error, std::uint64_t run, std::int64_t at, std::string_view bytes) {
    auto& [text, index] = logs_[is_error ? 1 : 0];
    journal::IndexRecord record{.run = RunId{run}, .offset = text.size(), .length = bytes.size()};
    record.at.wall.ns = at;
    const auto entry = journal::encode(record);
    index.append(entry.data(), entry.size());
    text.append(bytes);
    write_files();
  }
  void close_segment(bool is_error) {
    auto& [text, index] = logs_[is_error ? 1 : 0];
    const auto base = (path_ / "web" / (is_error ? "stderr" : "stdout")).string();
    fs::rename(base + ".log", base + ".000001.log");
    fs::rename(base + ".idx", base + ".000001.idx");
    text.clear();
    index = header();
    write_files();
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  void write_files() {
    const char* names[] = {"stdout", "stderr"};
    for (std::size_t i = 0; i < 2; ++i) {
      const auto base = (path_ / "web" / names[i]).string();
      REQUIRE(os::write_file(base + ".log", logs_[i].first, 0644));
      REQUIRE(os::write_file(base + ".idx", logs_[i].second, 0644));
    }
  }
  static std::string header() {
    const auto entry = journal::encode(journal::IndexHeader{});
    return {entry.data(), entry.size()};
  }
  fs::path path_;
  std::array<std::pair<std::string, std::string>, 2> logs_{{{"", header()}, {"", header()}}};
};

control::InstanceView ended(std::uint64_t run) {
  control::InstanceView view{.instance = "web"};
  view.last_exit.run = run;
  return view;
}

}  // namespace

TEST_CASE("lines of both streams stand in the order in which they began") {
  LogFolder folder;
  folder.add(false, 1, 10, "one\ntw");
  folder.add(true, 1, 20, "oops\r\n");
  folder.add(false, 1, 30, "o\nthree");
  CHECK_EQ(last_lines(folder.path(), "web", 10), Lines{"one", "two", "oops", "three"});
  CHECK_EQ(last_lines(folder.path(), "web", 2), Lines{"oops", "three"});
}

TEST_CASE("the last words are those of the run that ended, on stderr if there are any") {
  LogFolder folder;
  folder.add(true, 1, 10, "first life\n");
  folder.add(false, 2, 20, "cannot say it on stderr\n");
  folder.add(true, 3, 30, "third life\nits end");
  CHECK_EQ(last_words(folder.path(), ended(1)), "first life");
  CHECK_EQ(last_words(folder.path(), ended(2)), "cannot say it on stderr");
  CHECK_EQ(last_words(folder.path(), ended(3)), "its end");
  CHECK_EQ(last_words(folder.path(), ended(4)), "");
}

TEST_CASE("the last words are found in a segment that was closed meanwhile") {
  LogFolder folder;
  folder.add(true, 1, 10, "cannot open the database\n");
  folder.close_segment(true);
  folder.add(true, 2, 20, "started again\n");
  CHECK_EQ(last_words(folder.path(), ended(1)), "cannot open the database");
  CHECK_EQ(last_lines(folder.path(), "web", 10),
           Lines{"cannot open the database", "started again"});
}

TEST_CASE("of a progress bar there is the last state, and no colours") {
  LogFolder folder;
  folder.add(false, 1, 10, "\r10%\r20%\r\x1b[32m30%\x1b[0m\r\ndone\n\n");
  CHECK_EQ(last_lines(folder.path(), "web", 10), Lines{"30%", "done"});
}

TEST_CASE("a long log is looked at from its end") {
  LogFolder folder;
  folder.add(false, 1, 10, std::string(200'000, 'x') + "\n");
  folder.add(false, 1, 20, "end\n");
  const auto lines = last_lines(folder.path(), "web", 1);
  CHECK_EQ(lines, Lines{"end"});
  CHECK_LE(last_lines(folder.path(), "web", 10).front().size(), 4096);
}

TEST_CASE("without a log there is nothing, and no name leads elsewhere") {
  const LogFolder folder;
  CHECK(last_lines(folder.path(), "db", 10).empty());
  CHECK(last_lines(folder.path(), "../web", 10).empty());
  CHECK(last_lines("", "web", 10).empty());
  CHECK(last_lines(folder.path(), "web", 10).empty());
}

}  // namespace stayd::app
