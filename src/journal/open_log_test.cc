// SPDX-License-Identifier: Apache-2.0
#include "journal/open_log.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "os/pipe.h"

using namespace stayd;
using namespace stayd::journal;

TEST_CASE("max-total: the index of short lines that come one by one counts from the first on") {
  std::string folder = "/tmp/stayd-open-log-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string instance = "web";
  const std::filesystem::path place = std::filesystem::path(folder) / instance;
  const auto bytes = [&] {
    std::uint64_t sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator(place)) {
      sum += entry.file_size();
    }
    return sum;
  };
  constexpr std::uint64_t limit = 256u << 10;
  const SegmentLimits limits = limits_of({.max_files = 1000, .max_total = limit});
  {
    auto log = OpenLog::open({.log_dir = &folder, .instance = &instance});
    REQUIRE(log.has_value());
    auto pipe = os::create_pipe();
    REQUIRE(pipe.has_value());
    ScratchPipe scratch;
    std::uint64_t most = 0;
    Stamp now{.wall = {1'000'000}, .since_boot = {1'000'000}, .boot = 1};
    for (int i = 0; i < 10'000; ++i, now.since_boot = now.since_boot + milliseconds(2)) {
      REQUIRE(os::write_all(pipe->write_end.view(), "x\n"));
      const Moved moved = (*log)->step(pipe->read_end.view(), 2, limits, scratch);
      REQUIRE(moved.bytes == 2);
      (*log)->note(moved, RunId{1}, now);
      REQUIRE((*log)->flush_index() == 0);
      if (i % 100 == 0) most = std::max(most, bytes());
    }
    CHECK(std::max(most, bytes()) <= limit);
    CHECK(bytes() > limit / 2);
  }
  std::filesystem::remove_all(folder);
}
