// SPDX-License-Identifier: Apache-2.0
// The byte form of a Spec (docs/formats/spec.md): how the command line hands a configuration to the
// supervisor, in a sealed memfd, and how a supervisor's successor finds it again.
//
//   magic "stayspec" | u32 version | u32 crc32c of all that follows | u32 n | u64 offsets[n]
//   | supervisor | service 0 | ... | service n-1
//
// Services are found by an offset table so that a supervisor of thousands decodes one service at a
// time, when it is about to start it, and holds none of them in its heap. Offsets count from the
// blob's first byte. Each record begins with its own length: a reader skips what a newer writer
// added at a record's end, and takes the default for what an older one did not know. The version
// changes only when that is not enough.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/spec.h"

namespace stayd::model {

inline constexpr std::uint32_t spec_version = 1;

std::string encode(const Spec& spec);

/// A Spec blob that has been checked as a whole (magic, version, checksum, offsets) and is decoded
/// piece by piece. Borrows the bytes: they must outlive it.
class SpecView {
 public:
  static Result<SpecView> open(std::string_view bytes);

  [[nodiscard]] std::uint32_t service_count() const { return count_; }
  [[nodiscard]] Result<Supervisor> supervisor() const;
  /// An id that is not below service_count() is an error, as is a reference to such a service.
  [[nodiscard]] Result<Service> service(ServiceId id) const;

 private:
  SpecView(std::string_view bytes, std::uint32_t count) : bytes_(bytes), count_(count) {}
  /// From a service's length to the blob's end; its bounds have been checked.
  [[nodiscard]] std::string_view from_service(std::uint32_t index) const;

  std::string_view bytes_;
  std::uint32_t count_;
};

/// All of it at once (tests, `stayd check`).
Result<Spec> decode(std::string_view bytes);

}  // namespace stayd::model
