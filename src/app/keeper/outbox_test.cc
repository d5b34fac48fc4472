// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/outbox.h"

#include <doctest/doctest.h>

#include "os/socket.h"

namespace stayd::app {
namespace {

using runtime::LinkKind;
using runtime::LinkMessage;

LinkMessage received(const os::SocketPair& pair) {
  auto got = runtime::receive_link(pair.theirs.view());
  return got ? got->message : LinkMessage{.kind = LinkKind::leaving, .number = -1};
}

}  // namespace

TEST_CASE("messages go out in order, as far as the supervisor takes them, and the rest later") {
  auto pair = os::create_message_pair();
  Outbox outbox;
  std::int32_t added = 0, read = 0;
  for (int i = 0; i < 20; ++i) {  // more than any socket's buffer takes
    while (outbox.takes_signals()) outbox.add({.kind = LinkKind::signal, .number = added++});
    CHECK(outbox.flush(pair->ours.view()));
  }
  CHECK_FALSE(outbox.empty());
  while (read < added) {
    CHECK(received(*pair).number == read++);
    CHECK(outbox.flush(pair->ours.view()));
  }
  CHECK(outbox.empty());
}

TEST_CASE("places for answers stay free when signals storm") {
  Outbox outbox;
  while (outbox.takes_signals()) outbox.add({.kind = LinkKind::signal});
  for (int i = 0; i < runtime::most_unanswered; ++i) {
    REQUIRE_FALSE(outbox.full());
    outbox.add({.kind = LinkKind::exit_seen});
  }
  CHECK(outbox.full());
}

TEST_CASE("that children have ended is said once, however often it is noted") {
  auto pair = os::create_message_pair();
  Outbox outbox;
  outbox.add({.kind = LinkKind::signal, .number = 1});
  for (int i = 0; i < 1000; ++i) outbox.add_children_changed();
  CHECK(outbox.flush(pair->ours.view()));
  CHECK(received(*pair).kind == LinkKind::signal);
  CHECK(received(*pair).kind == LinkKind::children_changed);
  CHECK(received(*pair).number == -1);
}

TEST_CASE("the next supervisor gets the signals that the last one did not take, and no answers") {
  auto pair = os::create_message_pair();
  Outbox outbox;
  outbox.add({.kind = LinkKind::exit_seen, .pid = 5});
  outbox.add({.kind = LinkKind::signal, .number = 15});
  outbox.add({.kind = LinkKind::children_changed});
  outbox.add({.kind = LinkKind::signal, .number = 1});
  outbox.keep_signals_only();
  CHECK(outbox.flush(pair->ours.view()));
  CHECK(received(*pair).number == 15);
  CHECK(received(*pair).number == 1);
  CHECK(received(*pair).kind == LinkKind::leaving);
}

TEST_CASE("a supervisor that is gone is noticed") {
  auto pair = os::create_message_pair();
  pair->theirs.reset();
  Outbox outbox;
  CHECK(outbox.flush(pair->ours.view()));
  outbox.add({.kind = LinkKind::signal});
  CHECK_FALSE(outbox.flush(pair->ours.view()));
}

}  // namespace stayd::app
