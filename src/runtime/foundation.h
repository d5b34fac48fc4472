// SPDX-License-Identifier: Apache-2.0
// What a supervisor stands on before it knows of any service's state: its place in the kernel's
// eyes, what the keeper hands over, and the Spec with its derived tables.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "core/catalog.h"
#include "model/spec_codec.h"
#include "os/clock.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "os/memory.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "runtime/keeper_link.h"
#include "runtime/launcher.h"
#include "runtime/ledger.h"
#include "runtime/names.h"

namespace stayd::runtime {

struct Foundation {
  os::Fd keeper;
  os::Spawner spawner;
  os::Epoll epoll;
  os::SignalFd signals;
  os::Timer timer;
  std::array<os::Fd, held_count> held;
  std::uint64_t generation = 1;
  Inheritance inheritance;
  os::Mapping spec_bytes;
  model::SpecView spec;  ///< borrows spec_bytes
  model::Supervisor settings;
  Names names;
  core::Catalog catalog;
  Ledger ledger;
  std::string crash_text;  ///< what the supervisor before this one left; empty: nothing

  [[nodiscard]] os::Fd& at(Held held_thing) { return held[static_cast<std::size_t>(held_thing)]; }
};

/// Makes this process a supervisor. `keeper_descriptor` is its link; the first message is waited
/// for. An Error names what is missing.
Result<Foundation> lay_foundation();

}  // namespace stayd::runtime
