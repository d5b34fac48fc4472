// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli; RFC 3720 appendix B.4): guards our byte forms against torn and bit-rotten
// data, not against an adversary.
#pragma once

#include <cstdint>
#include <string_view>

namespace stayd {

/// The checksum of `bytes`; with `before`, of what `before` is the checksum of followed by `bytes`.
/// crc32c("123456789") is 0xe3069283.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same without the processor's instruction, for machines that have none; and for the test.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

}  // namespace stayd
