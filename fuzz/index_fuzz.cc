// SPDX-License-Identifier: Apache-2.0
// Any bytes as an index: entries decode or are refused, and what decodes says the same once encoded
// again. The checksums are put right first, since no fuzzer guesses one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/index_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stayd::journal;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (std::size_t at = 0; at < bytes.size(); at += index_entry_bytes) {
    std::string sealed(bytes.substr(at, index_entry_bytes));
    if (sealed.size() == index_entry_bytes) {
      constexpr std::size_t checked = index_entry_bytes - sizeof(std::uint32_t);
      const auto sum = stayd::crc32c(std::string_view(sealed).substr(0, checked));
      sealed.replace(checked, sizeof sum, reinterpret_cast<const char*>(&sum), sizeof sum);
    }
    const std::string_view entry = sealed;
    if (const auto header = decode_header(entry)) {
      const auto again = encode(*header);
      ENSURE(decode_header({again.data(), again.size()})->segment == header->segment);
    }
    if (const auto record = decode_record(entry)) {
      const auto again = encode(*record);
      const auto same = decode_record({again.data(), again.size()});
      ENSURE(same && same->offset == record->offset && same->length == record->length);
    }
  }
  return 0;
}
