// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_source.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "journal/text_compressor.h"
#include "os/files.h"

using namespace stayd;
using namespace stayd::journal;

namespace {

std::string lines(std::size_t bytes) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < bytes; ++i) {
    text += std::to_string(i * 2'654'435'761U) + " GET /item/" + std::to_string(i) + "\n";
  }
  text.resize(bytes);
  return text;
}

class Folder {
 public:
  Folder() {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    auto opened = os::open_folder(path_);
    REQUIRE(opened.has_value());
    fd_ = std::move(*opened);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  void put(const std::string& name, std::string_view content) const {
    REQUIRE(os::write_file(path(name), content, 0600).has_value());
  }
  [[nodiscard]] std::string bytes(const std::string& name) const {
    return os::read_file(path(name), 1u << 26).value_or("");
  }
  /// Segment 17 of stdout, compressed.
  void compress(std::string_view text) const {
    put("text", text);
    const auto from = os::open_file(path("text"), os::OpenFor::read);
    const auto into = os::open_file(path("stdout.000017.log.zst"), os::OpenFor::write_create);
    REQUIRE(compress_text(from->view(), into->view()).has_value());
  }
  [[nodiscard]] Result<SegmentSource> open() const {
    return SegmentSource::open(fd_.view(), LogKind::out, 17);
  }

 private:
  std::string path_ = "/tmp/stayd-source-XXXXXX";
  os::Fd fd_;
};

std::string all_of(SegmentSource& source) {
  std::string text(source.size() + 1, '\0');
  const os::Transfer got = source.read_at(0, text);
  CHECK(got.number == 0);
  text.resize(got.bytes);
  return text;
}

}  // namespace

TEST_CASE("a compressed segment gives the same bytes at any offset as it had before") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, frame_text_bytes - 1, frame_text_bytes,
        frame_text_bytes + 1, 3 * frame_text_bytes + 777}) {
    CAPTURE(size);
    const Folder folder;
    const std::string text = lines(size);
    folder.compress(text);
    auto source = folder.open();
    REQUIRE(source.has_value());
    CHECK(source->size() == size);
    CHECK((all_of(*source) == text));
    for (std::size_t at = 0; at < size; at += 99'991) {
      std::string piece(70'000, '\0');
      piece.resize(source->read_at(at, piece).bytes);
      CHECK((piece == text.substr(at, 70'000)));
    }
    if (size > 1000) CHECK(folder.bytes("stdout.000017.log.zst").size() < size / 2);
  }
}

TEST_CASE("a segment is found under either name, and its absence is said") {
  const Folder folder;
  CHECK(folder.open().error().number == ENOENT);
  folder.compress("packed\n");
  folder.put("stdout.000017.log", "packed\n");
  auto source = folder.open();
  REQUIRE(source.has_value());
  CHECK(all_of(*source) == "packed\n");
  REQUIRE(os::remove_file(folder.path("stdout.000017.log")).has_value());
  CHECK(all_of(*source) == "packed\n");
  source = folder.open();
  REQUIRE(source.has_value());
  CHECK(all_of(*source) == "packed\n");
}

TEST_CASE("a compressed segment without our table is unpacked as a whole") {
  const Folder folder;
  const std::string text = lines(frame_text_bytes + 5000);
  folder.compress(text);
  const std::string packed = folder.bytes("stdout.000017.log.zst");
  const std::size_t table = 8 + 2 * 8 + 9;
  folder.put("stdout.000017.log.zst", packed.substr(0, packed.size() - table));
  auto source = folder.open();
  REQUIRE(source.has_value());
  CHECK((all_of(*source) == text));
}

TEST_CASE("a damaged compressed segment is an error, or tells where it is damaged, never a crash") {
  const Folder folder;
  const std::string text = lines(2 * frame_text_bytes);
  folder.compress(text);
  const std::string packed = folder.bytes("stdout.000017.log.zst");
  std::string broken = packed;
  broken[packed.size() / 4] = static_cast<char>(broken[packed.size() / 4] ^ 1);
  folder.put("stdout.000017.log.zst", broken);
  auto source = folder.open();
  REQUIRE(source.has_value());
  std::string piece(1000, '\0');
  CHECK(source->read_at(0, piece).number == EBADMSG);
  const os::Transfer second = source->read_at(frame_text_bytes, piece);
  CHECK(second.bytes == piece.size());
  CHECK((piece == text.substr(frame_text_bytes, piece.size())));
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, packed.size() / 2}) {
    folder.put("stdout.000017.log.zst", packed.substr(0, size));
    CHECK(folder.open().error().number == EBADMSG);
  }
  folder.put("stdout.000017.log.zst", "not compressed at all");
  CHECK(folder.open().error().number == EBADMSG);
}
