// SPDX-License-Identifier: Apache-2.0
#include "runtime/ledger.h"

#include <atomic>
#include <cstring>
#include <string>

#include "base/check.h"
#include "base/crc32c.h"

namespace stayd::runtime {
namespace {

constexpr std::uint64_t magic = 0x6772'646c'7961'7473;  // "stayldrg" as bytes

struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t instances;
  std::uint32_t spec_checksum;
  std::uint32_t instance_bytes;
  std::uint32_t supervisor_bytes;
  std::uint32_t reserved;
  std::uint64_t generation;
  char crash_text[crash_text_bytes];
};

/// Where a start writes its pid, and whose start that is.
struct SpawnedPid {
  std::int32_t pid;
  std::uint32_t run;  ///< the low half of its number
};

struct SlotHead {
  std::uint64_t sequence;  ///< 0: never written
  std::uint32_t checksum;  ///< of the record, its place, and `sequence`
  std::uint32_t reserved;
};

template <typename Record>
struct Slot {
  SlotHead head;
  Record record;
};
static_assert(std::is_trivially_copyable_v<InstanceRecord>);
static_assert(std::is_trivially_copyable_v<SupervisorRecord>);
static_assert(alignof(Slot<InstanceRecord>) == 8 && alignof(Slot<SupervisorRecord>) == 8);

constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// The parts, in the order in which they lie.
constexpr std::size_t pids_at = round_up(sizeof(Header));
constexpr std::size_t supervisor_at(std::uint32_t instances) {
  return round_up(pids_at + std::size_t{instances} * sizeof(SpawnedPid));
}
constexpr std::size_t instances_at(std::uint32_t instances) {
  return round_up(supervisor_at(instances) + 2 * sizeof(Slot<SupervisorRecord>));
}
constexpr std::size_t total_bytes(std::uint32_t instances) {
  return instances_at(instances) + std::size_t{instances} * 2 * sizeof(Slot<InstanceRecord>);
}

template <typename Record>
std::uint32_t checksum_of(const Record& record, std::uint64_t sequence, std::uint32_t place) {
  const std::uint64_t context[] = {sequence, place};
  const auto begun = crc32c({reinterpret_cast<const char*>(context), sizeof context});
  return crc32c({reinterpret_cast<const char*>(&record), sizeof record}, begun);
}

/// Two slots of one record at `at`; `place` tells records apart in their checksums.
template <typename Record>
class SlotPair {
 public:
  SlotPair(char* at, std::uint32_t place) : at_(at), place_(place) {}

  bool read(Record& into) const {
    std::uint64_t best = 0;
    bool any = false;
    for (const int side : {0, 1}) {
      const Slot<Record> slot = load(side);
      if (slot.head.sequence == 0 && slot.head.checksum == 0) {
        if (!any) into = Record{};
        any = true;
      } else if (is_valid(slot) && slot.head.sequence > best) {
        into = slot.record;
        best = slot.head.sequence;
        any = true;
      }
    }
    return any;
  }

  void write(const Record& record) {
    // The slot with the higher sequence is the current one, unless its writer was killed in it.
    const std::uint64_t sequences[] = {sequence_of(0), sequence_of(1)};
    int target = sequences[0] < sequences[1] ? 1 : 0;
    if (is_valid(load(target))) target = 1 - target;
    Slot<Record> slot{};
    slot.head.sequence = sequences[1 - target] + 1;
    slot.record = record;
    slot.head.checksum = checksum_of(slot.record, slot.head.sequence, place_);
    store(place_of(target), slot);
  }

 private:
  /// The slot is invalid from the first store to the last one, the checksum's: a writer that is
  /// killed between leaves a slot that nobody takes. The compiler must keep that order; what one
  /// processor has stored, another process sees in that order or later with all of it.
  static void store(char* to, const Slot<Record>& slot) {
    auto* head = reinterpret_cast<SlotHead*>(to);
    __atomic_store_n(&head->sequence, slot.head.sequence, __ATOMIC_RELAXED);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(to + offsetof(Slot<Record>, record), &slot.record, sizeof slot.record);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    __atomic_store_n(&head->checksum, slot.head.checksum, __ATOMIC_RELEASE);
  }

  [[nodiscard]] bool is_valid(const Slot<Record>& slot) const {
    return slot.head.sequence != 0 &&
           slot.head.checksum == checksum_of(slot.record, slot.head.sequence, place_);
  }

  [[nodiscard]] char* place_of(int side) const {
    return at_ + static_cast<std::size_t>(side) * sizeof(Slot<Record>);
  }
  [[nodiscard]] std::uint64_t sequence_of(int side) const {
    return reinterpret_cast<const SlotHead*>(place_of(side))->sequence;
  }
  [[nodiscard]] Slot<Record> load(int side) const {
    Slot<Record> slot;
    std::memcpy(&slot, place_of(side), sizeof slot);
    return slot;
  }

  char* at_;
  std::uint32_t place_;
};

constexpr std::uint32_t supervisor_place = 0xffff'ffff;

SlotPair<SupervisorRecord> supervisor_slots(char* base, std::uint32_t instances) {
  return {base + supervisor_at(instances), supervisor_place};
}

SlotPair<InstanceRecord> instance_slots(char* base, std::uint32_t instances, InstanceId id) {
  ENSURE(index_of(id) < instances);
  const auto offset = std::size_t{index_of(id)} * 2 * sizeof(Slot<InstanceRecord>);
  return {base + instances_at(instances) + offset, index_of(id)};
}

SpawnedPid& spawned_at(char* base, std::uint32_t instances, InstanceId id) {
  ENSURE(index_of(id) < instances);
  return reinterpret_cast<SpawnedPid*>(base + pids_at)[index_of(id)];
}

std::uint32_t low_half(RunId run) { return static_cast<std::uint32_t>(number_of(run)); }

/// Before `run` is said to be preparing: a pid found there from now on is its own.
void expect_spawn(SpawnedPid& spawned, RunId run) {
  if (spawned.run == low_half(run)) return;
  __atomic_store_n(&spawned.pid, 0, __ATOMIC_RELAXED);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  __atomic_store_n(&spawned.run, low_half(run), __ATOMIC_RELEASE);
}

Header* header_of(const os::Mapping& mapping) { return reinterpret_cast<Header*>(mapping.data()); }

std::unexpected<Error> foreign(const char* what) {
  return failure(std::string("the ledger cannot be used: ") + what);
}

}  // namespace

std::uint32_t checksum_of_spec(std::string_view blob) { return crc32c(blob.substr(0, 16)); }

Result<os::Fd> Ledger::create(std::uint32_t instances, std::uint32_t spec_checksum) {
  os::Fd file = TRY(os::create_memory_file("stayd-ledger", total_bytes(instances)));
  const auto mapping = TRY(os::Mapping::shared(file.view()));
  // Slots of zeros are instances in their initial state: no page of them is touched.
  *header_of(mapping) = Header{.magic = magic,
                               .version = ledger_version,
                               .instances = instances,
                               .spec_checksum = spec_checksum,
                               .instance_bytes = sizeof(InstanceRecord),
                               .supervisor_bytes = sizeof(SupervisorRecord)};
  return file;
}

Result<Ledger> Ledger::open(os::FdView file) {
  auto mapping = TRY(os::Mapping::shared(file));
  if (mapping.size() < sizeof(Header)) return foreign("it is too short");
  const Header& header = *header_of(mapping);
  if (header.magic != magic) return foreign("it does not begin as one");
  if (header.version != ledger_version || header.instance_bytes != sizeof(InstanceRecord) ||
      header.supervisor_bytes != sizeof(SupervisorRecord)) {
    return foreign("it is another version's");
  }
  const std::uint32_t instances = header.instances;
  if (mapping.size() != total_bytes(instances)) return foreign("its size is wrong");
  return Ledger(std::move(mapping), instances);
}

Result<Ledger> Ledger::open(os::FdView file, std::uint32_t instances, std::uint32_t spec_checksum) {
  auto ledger = TRY(open(file));
  const Header& header = *header_of(ledger.mapping_);
  if (header.instances != instances || header.spec_checksum != spec_checksum) {
    return foreign("it belongs to another configuration");
  }
  return ledger;
}

bool Ledger::read(InstanceId id, InstanceRecord& into) const {
  return instance_slots(mapping_.data(), instances_, id).read(into);
}

bool Ledger::read(SupervisorRecord& into) const {
  return supervisor_slots(mapping_.data(), instances_).read(into);
}

void Ledger::write(InstanceId id, const InstanceRecord& record) {
  if (record.state.phase == core::Phase::preparing) {
    expect_spawn(spawned_at(mapping_.data(), instances_, id), record.state.run);
  }
  instance_slots(mapping_.data(), instances_, id).write(record);
}

void Ledger::write(const SupervisorRecord& record) {
  supervisor_slots(mapping_.data(), instances_).write(record);
}

std::int32_t* Ledger::spawned_pid(InstanceId id) {
  return &spawned_at(mapping_.data(), instances_, id).pid;
}

std::int32_t Ledger::spawned(InstanceId id, RunId run) const {
  const SpawnedPid& spawned = spawned_at(mapping_.data(), instances_, id);
  return spawned.run == low_half(run) ? spawned.pid : 0;
}

std::uint64_t Ledger::generation() const { return header_of(mapping_)->generation; }

void Ledger::set_generation(std::uint64_t generation) {
  header_of(mapping_)->generation = generation;
}

char* Ledger::crash_text() { return header_of(mapping_)->crash_text; }

}  // namespace stayd::runtime
