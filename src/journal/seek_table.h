// SPDX-License-Identifier: Apache-2.0
// The end of a compressed text: zstd's "seekable format" (contrib/seekable_format in its sources).
// The text is cut into frames, each of which can be unpacked alone; behind them, in a skippable
// frame that every unpacker passes over, stands how long each of them is:
//
//   u32 0x184D2A5E | u32 bytes that follow | for each frame: u32 compressed, u32 text
//   | u32 number of frames | u8 flags: 0 | u32 0x8F92EAB1
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "os/fd.h"

namespace stayd::journal {

/// Bytes of text in a frame that we write (the last one has fewer).
inline constexpr std::size_t frame_text_bytes = 256u << 10;
/// A table that says more of one frame, compressed or not, is not ours to trust.
inline constexpr std::size_t most_frame_bytes = 4u << 20;
/// 256 GiB of text.
inline constexpr std::size_t most_frames = 1u << 20;

struct FrameSize {
  std::uint32_t compressed = 0;
  std::uint32_t text = 0;
};

std::string encode_seek_table(std::span<const FrameSize> frames);

/// Where the frames begin, in the file and in the text; the last entry is the end of both.
struct FramePlace {
  std::uint64_t in_file = 0;
  std::uint64_t in_text = 0;
};
/// None: it has no table, or one that does not agree with the file's size.
std::optional<std::vector<FramePlace>> read_seek_table(os::FdView file, std::uint64_t file_size);

}  // namespace stayd::journal
