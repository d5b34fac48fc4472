// SPDX-License-Identifier: Apache-2.0
#include "journal/index_writer.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <vector>

#include "os/files.h"

using namespace stayd;
using namespace stayd::journal;

namespace {

class Index {
 public:
  Index() { REQUIRE(::mkdtemp(folder_.data()) != nullptr); }
  ~Index() { std::filesystem::remove_all(folder_); }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  [[nodiscard]] IndexWriter open(std::uint64_t text_size) const {
    auto file = os::open_file(path(), os::OpenFor::read_write_create);
    REQUIRE(file.has_value());
    auto writer = IndexWriter::open(std::move(*file),
                                    {.segment = 3, .text_size = text_size, .now = {.wall = {77}}});
    REQUIRE(writer.has_value());
    return std::move(*writer);
  }
  [[nodiscard]] std::string bytes() const { return os::read_file(path(), 1u << 20).value_or(""); }
  void put(std::string_view content) const {
    REQUIRE(os::write_file(path(), content, 0600).has_value());
  }
  /// Two bursts of ten bytes, of runs 1 and 2.
  void write_two() const {
    IndexWriter writer = open(0);
    writer.note_burst(burst(1, 0));
    writer.note_burst(burst(2, 10));
    REQUIRE(writer.flush() == 0);
  }
  static IndexRecord burst(std::uint64_t run, std::uint64_t offset) {
    return {.at = {.wall = {5}, .since_boot = Instant{5}, .boot = 9},
            .run = RunId{run},
            .offset = offset,
            .length = 10};
  }
  [[nodiscard]] std::vector<IndexRecord> records() const {
    const std::string all = bytes();
    REQUIRE(all.size() % index_entry_bytes == 0);
    std::vector<IndexRecord> found;
    for (std::size_t at = index_entry_bytes; at < all.size(); at += index_entry_bytes) {
      const auto record = decode_record(std::string_view(all).substr(at, index_entry_bytes));
      REQUIRE(record.has_value());
      found.push_back(*record);
    }
    return found;
  }

 private:
  [[nodiscard]] std::string path() const { return folder_ + "/stdout.idx"; }
  std::string folder_ = "/tmp/stayd-index-XXXXXX";
};

std::string beside_this_test(const char* name) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / name;
  const auto bytes = os::read_file(path.string(), 1u << 20);
  REQUIRE(bytes.has_value());
  return *bytes;
}

std::string text_of(const IndexEntry& entry) { return {entry.data(), entry.size()}; }

}  // namespace

TEST_CASE("the bytes of version 1 are those of the golden file, which another program wrote") {
  const std::string golden = beside_this_test("index_v1.golden");
  const Stamp at{.wall = {1'795'608'000'123'456'789}, .since_boot = Instant{42}, .boot = 0xb007};
  const IndexRecord burst{.at = at,
                          .run = RunId{17},
                          .offset = 1000,
                          .length = 234,
                          .value = 0,
                          .kind = RecordKind::burst,
                          .flags = run_begins};
  const IndexRecord gap{
      .at = at, .run = RunId{17}, .offset = 1234, .value = 99, .kind = RecordKind::gap};
  CHECK(golden == text_of(encode(IndexHeader{.segment = 3, .created = at})) +
                      text_of(encode(burst)) + text_of(encode(gap)));
}

TEST_CASE("a torn tail of any length is cut off, and the text that it spoke of has no time") {
  for (std::size_t torn = 1; torn < index_entry_bytes; ++torn) {
    CAPTURE(torn);
    const Index index;
    index.write_two();
    index.put(index.bytes().substr(0, 2 * index_entry_bytes + torn));
    REQUIRE(index.open(20).flush() == 0);
    const auto records = index.records();
    REQUIRE(records.size() == 2);
    CHECK(records[0].run == RunId{1});
    CHECK(records[1].offset == 10);
    CHECK(records[1].length == 10);
    CHECK((records[1].flags & time_unknown) != 0);
  }
}

TEST_CASE("a record that speaks of bytes which the text does not have goes") {
  const Index index;
  index.write_two();
  REQUIRE(index.open(10).flush() == 0);
  const auto records = index.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].run == RunId{1});
}

TEST_CASE("an index that is not ours is begun anew, its text without times") {
  const Index index;
  index.put(std::string(1000, 'x'));
  REQUIRE(index.open(20).flush() == 0);
  REQUIRE(decode_header(index.bytes().substr(0, index_entry_bytes)).has_value());
  const auto records = index.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].length == 20);
  CHECK((records[0].flags & time_unknown) != 0);
}

TEST_CASE("bursts of one run at one time become one record; a run begins once") {
  const Index index;
  {
    IndexWriter writer = index.open(0);
    writer.note_burst(Index::burst(1, 0));
    writer.note_burst(Index::burst(1, 10));
    writer.note_burst(Index::burst(2, 20));
    CHECK(writer.dirty());
    REQUIRE(writer.flush() == 0);
    CHECK_FALSE(writer.dirty());
  }
  const auto records = index.records();
  REQUIRE(records.size() == 2);
  CHECK(records[0].length == 20);
  CHECK((records[0].flags & run_begins) != 0);
  CHECK(records[1].run == RunId{2});
  CHECK((records[1].flags & run_begins) != 0);
}
