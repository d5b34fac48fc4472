// SPDX-License-Identifier: Apache-2.0
#include "os/epoll.h"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>

#include "os/pipe.h"

namespace stayd::os {
namespace {

constexpr Duration at_once = nanoseconds(0);

TEST_CASE("readiness comes with its token for as long as it lasts") {
  Epoll epoll = *Epoll::create();
  Pipe pipe = *create_pipe();
  REQUIRE(epoll.add(pipe.read_end.view(), readable, 0xffff'ffff'0000'0001).has_value());
  CHECK(epoll.add(pipe.read_end.view(), readable, 1).error().number == EEXIST);
  std::array<Ready, 8> into;
  CHECK(epoll.wait(into, at_once)->empty());
  REQUIRE(write_all(pipe.write_end.view(), "x").has_value());
  for (int i = 0; i < 2; ++i) {  // level-triggered
    const auto ready = *epoll.wait(into, at_once);
    REQUIRE(ready.size() == 1);
    CHECK(ready[0].token == 0xffff'ffff'0000'0001);
    CHECK(ready[0].events == readable);
  }
  pipe.write_end.reset();
  REQUIRE(epoll.modify(pipe.read_end.view(), 0, 5).has_value());
  CHECK((*epoll.wait(into, at_once))[0].token == 5);
  CHECK((*epoll.wait(into, at_once))[0].events == hung_up);
  epoll.remove(pipe.read_end.view());
  CHECK(epoll.wait(into, at_once)->empty());
  epoll.remove(pipe.read_end.view());  // not there: no harm
}

TEST_CASE("no more is taken than there is room for") {
  Epoll epoll = *Epoll::create();
  std::array<Pipe, 3> pipes;
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    pipes[i] = *create_pipe();
    REQUIRE(epoll.add(pipes[i].write_end.view(), writable, i).has_value());
  }
  std::array<Ready, 2> into;
  CHECK(epoll.wait(into, at_once)->size() == 2);
}

}  // namespace
}  // namespace stayd::os
