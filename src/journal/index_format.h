// SPDX-License-Identifier: Apache-2.0
// The bytes of an index file (docs/formats/logfile.md): a header of 64 bytes, then records of 64
// bytes, each with its own checksum. A record says which bytes of the text file came when, and of
// which run. It is written after the bytes that it describes.
//
//   header   magic "staydidx" | u32 version | u32 64 | u64 segment | i64 wall ns | i64 boot ns
//            | u32 boot | u32 zero | i64 max-age ns | u32 zero | u32 crc32c of what stands before
//   record   i64 wall ns | i64 boot ns | u64 run | u64 offset | u64 length | u64 value | u16 kind
//            | u16 flags | u32 boot | u32 zero | u32 crc32c of what stands before
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace stayd::journal {

inline constexpr std::size_t index_entry_bytes = 64;
inline constexpr std::uint32_t index_version = 1;

using IndexEntry = std::array<char, index_entry_bytes>;

/// When something was seen: both clocks, and which boot the boot-time clock counts from.
struct Stamp {
  WallTime wall;
  Instant since_boot;
  std::uint32_t boot = 0;  ///< first 32 bits of /proc/sys/kernel/random/boot_id; 0: unknown
};

struct IndexHeader {
  std::uint64_t segment = 0;
  Stamp created;
  Duration max_age{};  ///< how long the log's text is kept, as was last known; 0: any age
};

enum class RecordKind : std::uint16_t {
  burst = 1,      ///< bytes [offset, offset + length) came at this time
  gap = 2,        ///< `value` bytes of the run were not kept, at `offset`
  run_ended = 3,  ///< end of file of the run's pipe, at `offset`
};

/// Bits of IndexRecord::flags. Unknown ones are ignored.
inline constexpr std::uint16_t run_begins = 1;    ///< the run's first bytes in this log
inline constexpr std::uint16_t time_unknown = 2;  ///< found after a crash: not later than the time

struct IndexRecord {
  Stamp at;
  RunId run = no_run;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t value = 0;
  RecordKind kind = RecordKind::burst;
  std::uint16_t flags = 0;
};

IndexEntry encode(const IndexHeader& header);
IndexEntry encode(const IndexRecord& record);

/// None: another magic, version or size, or a wrong checksum.
std::optional<IndexHeader> decode_header(std::string_view entry);
/// None: a wrong checksum, or an offset and length that overflow. A kind of a newer version
/// decodes, with that number; readers skip it.
std::optional<IndexRecord> decode_record(std::string_view entry);

}  // namespace stayd::journal
