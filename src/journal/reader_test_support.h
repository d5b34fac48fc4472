// SPDX-License-Identifier: Apache-2.0
// Logs made by hand, for tests of what reads them.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "journal/index_format.h"
#include "journal/reader.h"
#include "os/files.h"

namespace stayd::journal {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void write(const char* name, std::string_view content) const {
    REQUIRE(os::write_file(path_ + "/" + name, content, 0600).has_value());
  }

 private:
  std::string path_ = "/tmp/stayd-reader-XXXXXX";
};

inline LogReader open(const Folder& folder) {
  auto reader = LogReader::open(folder.path(), LogKind::out);
  REQUIRE(reader.has_value());
  return std::move(*reader);
}

inline std::string bytes(const IndexEntry& entry) { return {entry.data(), entry.size()}; }

inline std::string index_of(std::initializer_list<IndexRecord> records) {
  std::string all = bytes(encode(IndexHeader{.segment = 1, .created = {}}));
  for (const IndexRecord& record : records) all += bytes(encode(record));
  return all;
}

inline IndexRecord burst(std::int64_t at, std::uint64_t run, std::uint64_t offset,
                         std::uint64_t length) {
  return {.at = {.wall = {at}}, .run = RunId{run}, .offset = offset, .length = length};
}

}  // namespace stayd::journal
