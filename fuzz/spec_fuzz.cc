// SPDX-License-Identifier: Apache-2.0
// Forged Specs: the reader must refuse or give well-formed services, whose byte form it reads
// again. The checksum is put right first, since no fuzzer guesses one.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/crc32c.h"
#include "model/spec_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stayd;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t checksum_at = 12;
  constexpr std::size_t checked_from = 16;
  if (size >= checked_from) {
    const auto sum = crc32c(std::string_view(bytes).substr(checked_from));
    bytes.replace(checksum_at, sizeof sum, reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  const auto spec = model::decode(bytes);
  if (!spec) return 0;
  const std::string again = model::encode(*spec);
  const auto second = model::decode(again);
  ENSURE(second.has_value());
  ENSURE(model::encode(*second) == again);
  return 0;
}
