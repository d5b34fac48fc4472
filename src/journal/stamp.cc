// SPDX-License-Identifier: Apache-2.0
#include "journal/stamp.h"

#include <charconv>
#include <cstdint>

#include "os/clock.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

std::uint32_t read_boot_number() {
  const auto text = os::read_file("/proc/sys/kernel/random/boot_id", 64);
  std::uint32_t number = 0;
  if (!text || text->size() < 8) return number;
  (void)std::from_chars(text->data(), text->data() + 8, number, 16);
  return number;
}

}  // namespace

Stamp stamp_now() {
  static const std::uint32_t boot = read_boot_number();
  return {.wall = os::wall_now(), .since_boot = os::now(), .boot = boot};
}

}  // namespace stayd::journal
