// SPDX-License-Identifier: Apache-2.0
#include "runtime/launcher.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <memory>
#include <new>

#include "os/spawn_test_support.h"
#include "os/test_support.h"
#include "runtime/spec_test_support.h"

namespace stayd::runtime {
namespace {

struct Rig {
  model::Service task = service_named("task");
  HeldSpec held{{task}};
  os::Spawner spawner = os::Spawner::create().value();
  os::Epoll epoll = os::Epoll::create().value();
  LogLink link{{.spawner = spawner,
                .epoll = epoll,
                .names = held.names,
                .spec = held.spec,
                .executable = {}},
               LogChannel::create().value()};
  Launcher launcher{spawner, link, held.names, {}};

  Rig() { task.log.to_file = false; }
  PreparedStart prepared(const model::Service& service) {
    return launcher
        .prepare(std::make_shared<const model::Service>(service),
                 {.instance = InstanceId{0}, .run = RunId{1}})
        .value();
  }
};

/// While it lives no address space is to be had.
class NoMemory {
 public:
  NoMemory() {
    REQUIRE(getrlimit(RLIMIT_AS, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_AS, &none) == 0);
  }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
  ~NoMemory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

TEST_CASE("a start that ran out of memory leaves room for the next") {
  if (os::is_sanitized) {
    MESSAGE("skipped: an address sanitizer does not bear a limit of memory");
    return;
  }
  Rig rig;
  model::Service large = rig.task;
  large.execution.environment.push_back("LARGE=" + std::string(std::size_t{64} << 20, 'x'));
  PreparedStart start = rig.prepared(large);
  bool out_of_memory = false;
  try {
    const NoMemory none;
    rig.launcher.begin(std::move(start));
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  }
  CHECK(out_of_memory);

  rig.launcher.begin(rig.prepared(rig.task));
  PreparedStart begun;
  const auto started = rig.launcher.finish(begun);
  REQUIRE(started.has_value());
  CHECK(os::test::end_of(started->process).value == 0);
}

}  // namespace
}  // namespace stayd::runtime
