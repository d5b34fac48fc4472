// SPDX-License-Identifier: Apache-2.0
#include "journal/index_format.h"

#include <concepts>
#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace stayd::journal {

namespace {

constexpr std::string_view magic = "staydidx";
constexpr std::size_t checked_bytes = index_entry_bytes - sizeof(std::uint32_t);

/// Fills an entry from front to back, without the heap.
class EntryWriter {
 public:
  template <std::integral T>
  void number(T value) {
    std::memcpy(entry_.data() + at_, &value, sizeof value);
    at_ += sizeof value;
  }
  void raw(std::string_view bytes) {
    std::memcpy(entry_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  IndexEntry sealed() {
    at_ = checked_bytes;
    number(crc32c({entry_.data(), checked_bytes}));
    return entry_;
  }

 private:
  IndexEntry entry_{};
  std::size_t at_ = 0;
};

bool checksum_holds(std::string_view entry) {
  if (entry.size() != index_entry_bytes) return false;
  ByteReader tail(entry.substr(checked_bytes));
  return tail.number<std::uint32_t>() == crc32c(entry.substr(0, checked_bytes));
}

}  // namespace

IndexEntry encode(const IndexHeader& header) {
  EntryWriter out;
  out.raw(magic);
  out.number(index_version);
  out.number(static_cast<std::uint32_t>(index_entry_bytes));
  out.number(header.segment);
  out.number(header.created.wall.ns);
  out.number(header.created.since_boot.ns);
  out.number(header.created.boot);
  out.number(std::uint32_t{0});
  out.number(header.max_age.ns);
  return out.sealed();
}

IndexEntry encode(const IndexRecord& record) {
  EntryWriter out;
  out.number(record.at.wall.ns);
  out.number(record.at.since_boot.ns);
  out.number(number_of(record.run));
  out.number(record.offset);
  out.number(record.length);
  out.number(record.value);
  out.number(static_cast<std::uint16_t>(record.kind));
  out.number(record.flags);
  out.number(record.at.boot);
  return out.sealed();
}

std::optional<IndexHeader> decode_header(std::string_view entry) {
  if (!checksum_holds(entry) || !entry.starts_with(magic)) return std::nullopt;
  ByteReader in(entry.substr(magic.size()));
  if (in.number<std::uint32_t>() != index_version) return std::nullopt;
  if (in.number<std::uint32_t>() != index_entry_bytes) return std::nullopt;
  IndexHeader header;
  header.segment = in.number<std::uint64_t>();
  header.created.wall.ns = in.number<std::int64_t>();
  header.created.since_boot.ns = in.number<std::int64_t>();
  header.created.boot = in.number<std::uint32_t>();
  (void)in.number<std::uint32_t>();
  header.max_age.ns = in.number<std::int64_t>();
  return header;
}

std::optional<IndexRecord> decode_record(std::string_view entry) {
  if (!checksum_holds(entry)) return std::nullopt;
  ByteReader in(entry);
  IndexRecord record;
  record.at.wall.ns = in.number<std::int64_t>();
  record.at.since_boot.ns = in.number<std::int64_t>();
  record.run = RunId{in.number<std::uint64_t>()};
  record.offset = in.number<std::uint64_t>();
  record.length = in.number<std::uint64_t>();
  record.value = in.number<std::uint64_t>();
  record.kind = static_cast<RecordKind>(in.number<std::uint16_t>());
  record.flags = in.number<std::uint16_t>();
  record.at.boot = in.number<std::uint32_t>();
  if (record.length > ~std::uint64_t{0} - record.offset) return std::nullopt;
  return record;
}

}  // namespace stayd::journal
