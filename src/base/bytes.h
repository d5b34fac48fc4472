// SPDX-License-Identifier: Apache-2.0
// Bounds-checked reading and writing of little-endian byte forms. A reader that ran past its end
// stays failed, gives zeros, and says so in ok(): decode everything, then ask once.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace stayd {

static_assert(std::endian::native == std::endian::little, "byte forms are written as they lie");

class ByteWriter {
 public:
  template <std::integral T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void real(double value) { number(std::bit_cast<std::uint64_t>(value)); }
  /// Length (u32), then the bytes.
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  void raw(std::string_view value) { bytes_.append(value); }
  /// Overwrites a number written before at `offset`.
  template <std::integral T>
  void patch(std::size_t offset, T value) {
    bytes_.replace(offset, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <std::integral T>
  T number() {
    T value{};
    if (const char* at = advance(sizeof value)) std::memcpy(&value, at, sizeof value);
    return value;
  }
  double real() { return std::bit_cast<double>(number<std::uint64_t>()); }
  bool boolean() { return number<std::uint8_t>() != 0; }
  /// A view into the bytes given to the constructor; empty once failed.
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    const char* at = advance(size);
    return at == nullptr ? std::string_view{} : std::string_view{at, size};
  }
  /// A count of elements that take at least `least_bytes` each: fails when that many cannot follow,
  /// so that a forged count never makes the caller allocate more than the input's own size.
  std::uint32_t count(std::size_t least_bytes) {
    const auto n = number<std::uint32_t>();
    if (least_bytes != 0 && n > left() / least_bytes) fail();
    return ok_ ? n : 0;
  }
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  const char* advance(std::size_t n) {
    if (!ok_ || n > left()) {
      ok_ = false;
      return nullptr;
    }
    const char* at = bytes_.data() + at_;
    at_ += n;
    return at;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace stayd
