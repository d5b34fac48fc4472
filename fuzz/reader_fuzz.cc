// SPDX-License-Identifier: Apache-2.0
// Any texts with any indexes as a log of two segments: whichever way it is read, all bytes come, in
// their order, and what is found by time or run is an end of it.
//
//   u8 number of records of the closed segment | u8 of the current one | u16 bytes of closed text
//   | records of 60 bytes, whose checksums are put right here | texts
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "journal/reader.h"
#include "os/files.h"

namespace {

using namespace stayd;
using namespace stayd::journal;

/// For as long as the process: what runs at its exit still needs the name.
const std::string& folder() {
  static const std::string& path = *new std::string([] {
    std::string made = "/tmp/stayd-fuzz-XXXXXX";
    ENSURE(::mkdtemp(made.data()) != nullptr);
    std::atexit([] { std::filesystem::remove_all(folder()); });
    return made;
  }());
  return path;
}

void put(const char* name, std::string_view content) {
  ENSURE(os::write_file(folder() + "/" + name, content, 0600).has_value());
}

std::string index_from(std::string_view& bytes, std::size_t records, std::uint64_t segment) {
  constexpr std::size_t checked = index_entry_bytes - sizeof(std::uint32_t);
  const auto header = encode(IndexHeader{.segment = segment, .created = {}});
  std::string index(header.data(), header.size());
  for (; records > 0 && bytes.size() >= checked; --records, bytes.remove_prefix(checked)) {
    const auto sum = crc32c(bytes.substr(0, checked));
    index.append(bytes.substr(0, checked));
    index.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  return index;
}

std::string bytes_of(const LogLine& line) {
  if (line.is_notice()) return {};
  return line.text + (line.end == LineEnd::line_end ? "\n" : "");
}

std::string forwards(LogReader& reader) {
  std::string all;
  while (const auto line = reader.next()) all += bytes_of(*line);
  while (const auto line = reader.rest()) all += bytes_of(*line);
  return all;
}

std::string backwards(LogReader& reader) {
  std::vector<std::string> lines;
  while (const auto line = reader.previous()) lines.push_back(bytes_of(*line));
  std::string all;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) all += *line;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head = 4;
  if (size < head || size > most_line_bytes) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::size_t closed_bytes = data[2] | std::size_t{data[3]} << 8;
  rest.remove_prefix(head);
  put("stdout.000001.idx", index_from(rest, data[0], 1));
  put("stdout.idx", index_from(rest, data[1], 2));
  put("stdout.000001.log", rest.substr(0, closed_bytes));
  put("stdout.log", rest.substr(std::min(closed_bytes, rest.size())));

  auto reader = LogReader::open(folder(), LogKind::out);
  ENSURE(reader.has_value());
  ENSURE(forwards(*reader) == rest);
  reader->seek_end();
  ENSURE(backwards(*reader) == rest);
  ENSURE(forwards(*reader) == rest);
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{1} << 40, INT64_MAX}) {
    reader->seek_time(WallTime{at});
    ENSURE(rest.ends_with(forwards(*reader)));
  }
  for (const std::uint64_t run : {1u, 2u, 1000u}) {
    reader->seek_run(RunId{run});
    ENSURE(rest.ends_with(forwards(*reader)));
    reader->seek_run_end(RunId{run});
    ENSURE(rest.ends_with(forwards(*reader)));
    (void)reader->run_before(RunId{run});
  }
  return 0;
}
