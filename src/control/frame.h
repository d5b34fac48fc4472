// SPDX-License-Identifier: Apache-2.0
// Splits a byte stream into messages: each ends with a NUL byte (Varlink, "Protocol": "all messages
// are encoded as JSON objects and terminated with a single NUL byte").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stayd::control {

/// Of one message, without its NUL.
inline constexpr std::size_t most_message_bytes = std::size_t{1} << 20U;

enum class FrameState : std::uint8_t { fine, too_long };

/// Bytes in, messages out. Holds no memory while nothing is in it.
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit = most_message_bytes) : limit_(limit) {}

  /// Takes bytes as they came. too_long: a message in the making has passed the limit; nothing
  /// more can be made of the stream.
  FrameState append(std::string_view bytes);
  /// The next whole message, without its NUL; valid until the next call of append or next.
  std::optional<std::string_view> next();
  /// Makes room, so that what comes need not move as it grows.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  /// Forgets everything and gives its memory back.
  void clear();
  /// Whether a whole message waits.
  [[nodiscard]] bool has_message() const;
  /// Whether there are bytes of a message that is not whole yet, and no whole one.
  [[nodiscard]] bool has_fragment() const;
  [[nodiscard]] std::size_t held_bytes() const { return bytes_.capacity(); }

 private:
  void forget_taken();

  std::size_t limit_;
  std::string bytes_;
  std::size_t taken_ = 0;     ///< bytes of messages that next() has given out
  std::size_t searched_ = 0;  ///< no NUL in [taken_, searched_)
};

}  // namespace stayd::control
