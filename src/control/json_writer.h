// SPDX-License-Identifier: Apache-2.0
// Writes JSON (RFC 8259) into a string, piece by piece, with the commas put where they belong. No
// tree, no locale, one buffer: a Status answer of 1,000 instances takes a fraction of a
// millisecond.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace stayd::control {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { out_.push_back('}'); }
  void begin_array() { open('['); }
  void end_array() { out_.push_back(']'); }

  /// A member's name; one value, object or array must follow. `name` needs no escaping: it is ours.
  void key(std::string_view name);

  /// Quoted and escaped (append_json).
  void text(std::string_view value);
  void number(std::int64_t value);
  void unsigned_number(std::uint64_t value);
  void boolean(bool value);
  void null();
  /// Seconds, exact to the nanosecond, without trailing zeros: 1.5, 0, -0.000000001.
  void seconds(Duration value);
  /// RFC 3339 in UTC with nine decimals, quoted.
  void time(WallTime value);
  /// A whole JSON text made elsewhere.
  void raw(std::string_view json);

  void text_field(std::string_view name, std::string_view value);
  void number_field(std::string_view name, std::int64_t value);
  void unsigned_field(std::string_view name, std::uint64_t value);
  void boolean_field(std::string_view name, bool value);
  void seconds_field(std::string_view name, Duration value);
  void time_field(std::string_view name, WallTime value);

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void open(char bracket);
  void separate();
  /// The date and time of `second` since 1970, "2026-11-24T06:13:07", from a one-entry memory:
  /// most times of one answer lie in few seconds.
  std::string_view date_of(std::int64_t second);

  std::string out_;
  std::int64_t dated_second_ = INT64_MIN;
  char dated_text_[32] = {};
};

}  // namespace stayd::control
