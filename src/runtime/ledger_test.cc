// SPDX-License-Identifier: Apache-2.0
#include "runtime/ledger.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace stayd::runtime {
namespace {

constexpr std::uint32_t instances = 3;
constexpr std::uint32_t spec = 0x1234;
constexpr InstanceId web{1};

struct World {
  os::Fd file = *Ledger::create(instances, spec);
  Ledger ledger = *Ledger::open(file.view(), instances, spec);
  os::Mapping bytes = *os::Mapping::shared(file.view());
};

InstanceRecord record_of(std::uint32_t n) {
  InstanceRecord record;
  record.state.phase = core::Phase::running;
  record.state.pid = static_cast<std::int32_t>(n);
  record.state.restarts = n;
  record.run.run = RunId{n};
  return record;
}

std::uint32_t restarts(const Ledger& ledger, InstanceId id) {
  InstanceRecord record;
  return ledger.read(id, record) ? record.state.restarts : ~0U;
}

/// Makes the mapped bytes as a writer leaves them that was killed after `done` of the bytes that
/// differ between the images, in the order of `offsets`.
void tear(const os::Mapping& bytes, const std::string& before, const std::string& after,
          std::span<const std::size_t> done) {
  std::memcpy(bytes.data(), before.data(), before.size());
  for (const std::size_t at : done) bytes.data()[at] = after[at];
}

std::vector<std::size_t> differences(const std::string& before, const std::string& after) {
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) offsets.push_back(i);
  }
  return offsets;
}

void check_torn_writes(std::uint32_t writes_before) {
  World world;
  for (std::uint32_t n = 1; n <= writes_before; ++n) world.ledger.write(web, record_of(n));
  const std::string before(world.bytes.bytes());
  world.ledger.write(web, record_of(0x0102'0304));
  const std::string after(world.bytes.bytes());
  auto offsets = differences(before, after);
  REQUIRE(offsets.size() > 4);
  for (int order = 0; order < 2; ++order) {
    for (std::size_t done = 0; done < offsets.size(); ++done) {
      tear(world.bytes, before, after, std::span(offsets).first(done));
      CHECK(restarts(world.ledger, web) == writes_before);
      // A successor writes over the torn slot, not over the good one.
      world.ledger.write(web, record_of(77));
      CHECK(restarts(world.ledger, web) == 77);
      world.ledger.write(web, record_of(78));
      CHECK(restarts(world.ledger, web) == 78);
    }
    tear(world.bytes, before, after, offsets);
    CHECK(restarts(world.ledger, web) == 0x0102'0304);
    std::reverse(offsets.begin(), offsets.end());
  }
}

}  // namespace

TEST_CASE("a new ledger has every record in its initial state") {
  const World world;
  InstanceRecord record = record_of(5);
  CHECK(world.ledger.read(web, record));
  CHECK(record.state.phase == core::Phase::stopped);
  CHECK(record.run.run == no_run);
  SupervisorRecord supervisor{.log_writer_pid = 9};
  CHECK(world.ledger.read(supervisor));
  CHECK(supervisor.log_writer_pid == 0);
  CHECK(supervisor.since.ns == 0);
  CHECK(world.ledger.generation() == 0);
  CHECK(std::string(Ledger::open(world.file.view())->crash_text()).empty());
}

TEST_CASE("a successor reads what was written last, of each record") {
  World world;
  for (std::uint32_t n = 1; n <= 9; ++n) {
    world.ledger.write(InstanceId{0}, record_of(n));
    world.ledger.write(InstanceId{2}, record_of(100 + n));
  }
  world.ledger.write(SupervisorRecord{.since = {17}, .log_writer_pid = 321});
  *world.ledger.spawned_pid(InstanceId{2}) = 4711;
  world.ledger.set_generation(2);

  auto next = Ledger::open(world.file.view(), instances, spec);
  REQUIRE(next.has_value());
  CHECK(restarts(*next, InstanceId{0}) == 9);
  CHECK(restarts(*next, web) == 0);
  CHECK(restarts(*next, InstanceId{2}) == 109);
  SupervisorRecord supervisor;
  CHECK(next->read(supervisor));
  CHECK(supervisor.log_writer_pid == 321);
  CHECK(supervisor.since.ns == 17);
  CHECK(*next->spawned_pid(InstanceId{2}) == 4711);
  CHECK(*next->spawned_pid(web) == 0);
  CHECK(next->generation() == 2);
}

TEST_CASE("a pid that the kernel wrote is told for its own start only") {
  World world;
  InstanceRecord record;
  record.state.phase = core::Phase::preparing;
  record.state.run = RunId{7};
  world.ledger.write(web, record);
  CHECK(world.ledger.spawned(web, RunId{7}) == 0);
  *world.ledger.spawned_pid(web) = 4711;
  world.ledger.write(web, record);  // an operator's command, while it is preparing
  CHECK(world.ledger.spawned(web, RunId{7}) == 4711);
  record.state.run = RunId{8};
  world.ledger.write(web, record);
  CHECK(world.ledger.spawned(web, RunId{7}) == 0);
  CHECK(world.ledger.spawned(web, RunId{8}) == 0);
}

TEST_CASE("a write that is torn at any byte leaves the record before it") {
  check_torn_writes(0);
  check_torn_writes(1);
  check_torn_writes(2);
  check_torn_writes(3);
}

TEST_CASE("one flipped bit in the newer slot gives the older one, in both gives nothing") {
  World world;
  world.ledger.write(web, record_of(1));
  const std::string before(world.bytes.bytes());
  world.ledger.write(web, record_of(2));
  const std::string after(world.bytes.bytes());
  const auto newer = differences(before, after);
  for (const std::size_t at : newer) {
    for (int bit = 0; bit < 8; ++bit) {
      world.bytes.data()[at] = static_cast<char>(after[at] ^ (1 << bit));
      CHECK(restarts(world.ledger, web) == 1);
    }
    world.bytes.data()[at] = after[at];
  }
  CHECK(restarts(world.ledger, web) == 2);

  const auto older = differences(std::string(before.size(), '\0'), before);
  for (const std::size_t at : {older.back(), newer.back()}) world.bytes.data()[at] ^= 1;
  InstanceRecord record = record_of(5);
  CHECK_FALSE(world.ledger.read(web, record));
  CHECK(record.state.restarts == 5);
}

TEST_CASE("a record is not taken for that of another instance") {
  World world;
  const std::string empty(world.bytes.bytes());
  world.ledger.write(InstanceId{0}, record_of(1));
  const std::string first(world.bytes.bytes());
  std::memcpy(world.bytes.data(), empty.data(), empty.size());
  world.ledger.write(web, record_of(1));
  const auto from = differences(empty, first).front();
  const auto to = differences(empty, std::string(world.bytes.bytes())).front();
  std::memcpy(world.bytes.data() + to, first.data() + from, 200);
  CHECK(restarts(world.ledger, web) != 1);
}

TEST_CASE("a ledger of another Spec, version or size is refused") {
  World world;
  CHECK_FALSE(Ledger::open(world.file.view(), instances + 1, spec).has_value());
  CHECK_FALSE(Ledger::open(world.file.view(), instances, spec + 1).has_value());
  CHECK(Ledger::open(world.file.view()).has_value());
  for (const std::size_t at :
       {0UL, 8UL, 12UL, 20UL, 24UL}) {  // magic, version, instances, record sizes
    world.bytes.data()[at] ^= 1;
    CHECK_FALSE(Ledger::open(world.file.view()).has_value());
    world.bytes.data()[at] ^= 1;
  }
  const auto short_one = os::create_memory_file("short", 16);
  REQUIRE(short_one.has_value());
  CHECK_FALSE(Ledger::open(short_one->view()).has_value());
}

TEST_CASE("the Spec's checksum follows the checksum in its head") {
  const std::string head = "stayspec" + std::string("\1\0\0\0", 4) + "sum1";
  CHECK(checksum_of_spec(head + "more") == checksum_of_spec(head + "other"));
  CHECK(checksum_of_spec(head) !=
        checksum_of_spec("stayspec" + std::string("\1\0\0\0", 4) + "sum2"));
}

}  // namespace stayd::runtime
