// SPDX-License-Identifier: Apache-2.0
// Reads JSON as a stream of events, without a tree: memory is that of the longest string. What is
// accepted is RFC 8259, UTF-8, one value, nested at most `most_nesting` deep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stayd::control {

inline constexpr std::uint32_t most_nesting = 16;

/// Told what a JSON text holds, in order. Each call returns false to stop the reading.
class JsonSink {
 public:
  virtual ~JsonSink() = default;
  virtual bool begin_object() = 0;
  virtual bool end_object() = 0;
  virtual bool begin_array() = 0;
  virtual bool end_array() = 0;
  virtual bool key(std::string_view name) = 0;
  virtual bool text(std::string_view value) = 0;
  virtual bool integer(std::int64_t value) = 0;
  /// A number with a fraction or an exponent, or beyond 64 signed bits.
  virtual bool real(double value) = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool null() = 0;
};

enum class JsonOutcome : std::uint8_t {
  complete,
  malformed,  ///< not JSON, not UTF-8, or something behind the value
  too_deep,
  stopped,  ///< the sink said so
};

/// Feeds `json` to `sink`. What the sink was told before a failure stays told.
JsonOutcome read_json(std::string_view json, JsonSink& sink);

}  // namespace stayd::control
