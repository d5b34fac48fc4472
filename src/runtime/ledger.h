// SPDX-License-Identifier: Apache-2.0
// The ledger: what must outlive a supervisor, in a shared memory file that the keeper holds.
//
//   header | spawned pids | supervisor slot x 2 | instance slot x 2 x n
//
// Each record has two slots, each with a sequence number and a checksum. A write goes to the older
// slot and is valid once its checksum stands; a supervisor killed in the midst of it leaves the
// other one. Reading takes the valid slot with the higher sequence. There is one writer at a time,
// and no power loss to think of: the memory goes with the machine.
//
// Written before the actions that follow from it are carried out: what the ledger says was decided.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "core/state.h"
#include "os/fd.h"
#include "os/memory.h"

namespace stayd::runtime {

inline constexpr std::uint32_t ledger_version = 3;
inline constexpr std::size_t crash_text_bytes = 1024;

/// What a ledger knows its Spec by: of the blob's head, in which the checksum of all the rest
/// stands.
std::uint32_t checksum_of_spec(std::string_view blob);

/// What runtime itself must know of an instance's run beyond the core's state.
struct RunRecord {
  RunId run{};                      ///< of which run this speaks
  std::uint32_t cgroup_number = 0;  ///< leaf `<instance>.<n>`; 0: none
  std::int32_t main_pid = 0;  ///< MAINPID of sd_notify where it differs from the child's; else 0
  std::uint8_t cgroup_killed = 0;  ///< the leaf was killed once: never to be used again
  std::uint8_t exit_noted =
      0;  ///< the exit status stands in the state; the zombie may be there yet
  std::uint16_t reserved = 0;
};

struct InstanceRecord {
  core::InstanceState state;
  RunRecord run;
};

/// What runtime must know of itself.
struct SupervisorRecord {
  core::SupervisorState state;
  WallTime since{};  ///< of the first generation; shown only
  std::int32_t log_writer_pid = 0;
  std::uint32_t next_cgroup = 1;
};

class Ledger {
 public:
  /// A memory file with room for `instances`, all of them in their initial state: what was never
  /// written reads as that.
  static Result<os::Fd> create(std::uint32_t instances, std::uint32_t spec_checksum);
  /// Maps it. Fails when magic, version, size or `spec_checksum` do not agree: it is another
  /// Spec's.
  static Result<Ledger> open(os::FdView file, std::uint32_t instances, std::uint32_t spec_checksum);
  /// The same for whoever does not know the Spec (the keeper).
  static Result<Ledger> open(os::FdView file);

  /// False: neither slot is valid, and `into` is untouched.
  bool read(InstanceId id, InstanceRecord& into) const;
  bool read(SupervisorRecord& into) const;
  void write(InstanceId id, const InstanceRecord& record);
  void write(const SupervisorRecord& record);

  /// Where the kernel itself writes the pid of a start (CLONE_PARENT_SETTID), before the child
  /// runs. It is 0 once a record in phase preparing has been written with a new run.
  std::int32_t* spawned_pid(InstanceId id);
  /// What the kernel wrote there for the start of `run`; 0: nothing, that start was not carried
  /// out.
  [[nodiscard]] std::int32_t spawned(InstanceId id, RunId run) const;

  /// Counted by the keeper: 1 for the first supervisor, one more after each take-over.
  [[nodiscard]] std::uint64_t generation() const;
  void set_generation(std::uint64_t generation);

  /// `crash_text_bytes` for os::install_crash_handler; emptied by the next supervisor, which tells
  /// it.
  char* crash_text();

 private:
  explicit Ledger(os::Mapping mapping, std::uint32_t instances)
      : mapping_(std::move(mapping)), instances_(instances) {}
  os::Mapping mapping_;
  std::uint32_t instances_ = 0;
};

}  // namespace stayd::runtime
