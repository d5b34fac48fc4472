// SPDX-License-Identifier: Apache-2.0
// A containment with real processes in it, as the supervisor drives it.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "os/clock.h"
#include "os/epoll.h"
#include "os/process.h"
#include "os/spawn_test_support.h"
#include "runtime/containment.h"

namespace stayd::runtime::test {

inline constexpr Duration patience = seconds(20);

/// A run and its main process, a shell script.
struct Service {
  std::string name;
  RunId run{1};
  InstanceId instance{0};
  Leaf leaf;
  os::Spawned process;
  os::Fd output;

  [[nodiscard]] ContainedRun contained() const {
    return {.instance = instance,
            .run = run,
            .name = name,
            .leaf = leaf,
            .first_pid = process.pid,
            .process = process.process.view()};
  }
  [[nodiscard]] RunId next_run() const { return RunId{number_of(run) + 1}; }
};

/// With a slash in its name there can be no cgroup of that name: it makes do with processes.
inline constexpr const char* without_cgroup = "no/cgroup";

inline Containment make_containment(const std::string& name, bool take_over = false) {
  REQUIRE(os::become_subreaper().has_value());
  return Containment::create(
      {.name = name, .keeper = os::own_pid(), .take_over = take_over, .is_main = {}},
      os::test::spawner());
}

/// Starts `script`, which announces with a line on its output that it is where it wants to be.
inline void start(Containment& containment, Service& service, const std::string& script) {
  const auto cgroup = containment.prepare(service.name, service.leaf);
  REQUIRE(cgroup.has_value());
  os::Pipe pipe = *os::create_pipe();
  const os::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::array<os::PlannedDescriptor, 3> descriptors{
      {{null.view(), 0}, {pipe.write_end.view(), 1}, {null.view(), 2}}};
  std::string run = "STAYD_RUN=" + std::to_string(number_of(service.run));
  std::string instance = "STAYD_INSTANCE=" + service.name;
  std::string path = "PATH=/usr/bin:/bin";
  std::array<char*, 4> environment{run.data(), instance.data(), path.data(), nullptr};
  os::test::Command command = os::test::Command::shell(script);
  command.plan.environment = environment.data();
  command.plan.descriptors = descriptors;
  command.plan.cgroup = *cgroup ? (*cgroup)->fd() : os::FdView();
  auto spawned = os::test::spawner().spawn(command.plan);
  REQUIRE_MESSAGE(spawned.has_value(), (spawned ? std::string() : spawned.error().message));
  service.process = std::move(*spawned);
  service.output = std::move(pipe.read_end);
  pipe.write_end.reset();
  std::array<char, 256> line;
  REQUIRE(os::test::wait_readable(service.output.view()));
  REQUIRE(os::read_some(service.output.view(), line).value_or(0) > 0);
}

/// Waits for the main process and reaps it, as the loop would.
inline os::ExitStatus finish_main(Service& service) {
  const os::ExitStatus status = os::test::end_of(service.process.process);
  service.process.process.reset();
  return status;
}

/// Reaps orphans, as the loop would.
inline void reap_orphans(Containment& containment, const std::vector<const Service*>& mains) {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    for (const Service* main : mains) {
      if (main->process.process.valid() && main->process.pid == info.si_pid) return;
    }
    os::reap_pid(info.si_pid);
    containment.orphan_reaped();
  }
}

/// Whether the run is said to be empty before patience ends.
inline bool becomes_empty(Containment& containment, const Service& service) {
  os::Epoll epoll = *os::Epoll::create();
  if (containment.fd().valid()) REQUIRE(epoll.add(containment.fd(), os::readable, 0).has_value());
  const Instant limit = os::now() + patience;
  std::vector<EmptiedRun> emptied;
  while (os::now() < limit) {
    reap_orphans(containment, {&service});
    containment.settle(os::now(), emptied);
    for (const EmptiedRun& one : emptied) {
      if (one.run == service.run && one.instance == service.instance) return true;
    }
    std::array<os::Ready, 1> ready;
    if (!epoll.wait(ready, milliseconds(5))->empty()) containment.ready();
  }
  return false;
}

inline bool is_empty_now(Containment& containment) {
  std::vector<EmptiedRun> emptied;
  containment.settle(os::now(), emptied);
  return !emptied.empty();
}

/// Ends a test's service whatever state it is in.
inline void put_away(Containment& containment, Service& service) {
  containment.kill(service.contained(), service.leaf);
  if (service.process.process.valid()) finish_main(service);
  containment.await_empty(service.contained());
  CHECK(becomes_empty(containment, service));
  containment.release(service.contained(), service.leaf, LeafUse::over);
}

/// Prints its line from a grandchild in a session of its own that ignores TERM, and ends itself.
inline const std::string daemonizing =
    "setsid /bin/sh -c 'trap \"\" TERM; echo up; exec sleep 1000' & exit 3";

}  // namespace stayd::runtime::test
