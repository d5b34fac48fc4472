// SPDX-License-Identifier: Apache-2.0
#include "journal/seek_table.h"

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "os/file_bytes.h"

namespace stayd::journal {

namespace {

constexpr std::uint32_t skippable_magic = 0x184D2A5E;
constexpr std::uint32_t table_magic = 0x8F92EAB1;
constexpr std::size_t head_bytes = 8;
constexpr std::size_t entry_bytes = 8;
constexpr std::size_t foot_bytes = 9;

constexpr std::size_t table_bytes(std::size_t frames) {
  return head_bytes + frames * entry_bytes + foot_bytes;
}

std::optional<std::size_t> read_frame_count(os::FdView file, std::uint64_t file_size) {
  std::array<char, foot_bytes> foot;
  if (file_size < table_bytes(0)) return std::nullopt;
  if (os::read_at(file, file_size - foot_bytes, foot).bytes != foot_bytes) return std::nullopt;
  ByteReader in({foot.data(), foot.size()});
  const auto count = in.number<std::uint32_t>();
  const auto flags = in.number<std::uint8_t>();
  if (in.number<std::uint32_t>() != table_magic || flags != 0) return std::nullopt;
  if (count > most_frames || table_bytes(count) > file_size) return std::nullopt;
  return count;
}

std::optional<std::vector<FramePlace>> places_of(std::string_view table, std::size_t count,
                                                 std::uint64_t end) {
  ByteReader in(table);
  if (in.number<std::uint32_t>() != skippable_magic) return std::nullopt;
  if (in.number<std::uint32_t>() != table.size() - head_bytes) return std::nullopt;
  std::vector<FramePlace> places;
  places.reserve(count + 1);
  FramePlace at;
  for (std::size_t i = 0; i < count; ++i) {
    places.push_back(at);
    const auto compressed = in.number<std::uint32_t>();
    const auto text = in.number<std::uint32_t>();
    if (text == 0 || text > most_frame_bytes || compressed > most_frame_bytes) return std::nullopt;
    at.in_file += compressed;
    at.in_text += text;
  }
  places.push_back(at);
  if (at.in_file != end) return std::nullopt;
  return places;
}

}  // namespace

std::string encode_seek_table(std::span<const FrameSize> frames) {
  ByteWriter out;
  out.number(skippable_magic);
  out.number(static_cast<std::uint32_t>(table_bytes(frames.size()) - head_bytes));
  for (const FrameSize& frame : frames) {
    out.number(frame.compressed);
    out.number(frame.text);
  }
  out.number(static_cast<std::uint32_t>(frames.size()));
  out.number(std::uint8_t{0});
  out.number(table_magic);
  return out.take();
}

std::optional<std::vector<FramePlace>> read_seek_table(os::FdView file, std::uint64_t file_size) {
  const auto count = read_frame_count(file, file_size);
  if (!count) return std::nullopt;
  std::string table(table_bytes(*count), '\0');
  const std::uint64_t end = file_size - table.size();
  if (os::read_at(file, end, table).bytes != table.size()) return std::nullopt;
  return places_of(table, *count, end);
}

}  // namespace stayd::journal
