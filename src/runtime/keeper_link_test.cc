// SPDX-License-Identifier: Apache-2.0
#include "runtime/keeper_link.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "os/pipe.h"
#include "os/socket.h"

namespace stayd::runtime {
namespace {

int error_number(const Status& status) { return status ? 0 : status.error().number; }

}  // namespace

TEST_CASE("a message arrives as it was sent, with its descriptors in order") {
  auto pair = os::create_message_pair();
  REQUIRE(pair.has_value());
  os::Pipe pipes[2] = {std::move(*os::create_pipe()), std::move(*os::create_pipe())};
  const os::FdView sent[] = {pipes[0].write_end.view(), pipes[1].write_end.view()};
  const LinkMessage message{.kind = LinkKind::hold, .present = 0x11, .pid = 7, .generation = 3};
  REQUIRE(send_link(pair->ours.view(), message, sent).has_value());

  auto received = receive_link(pair->theirs.view());
  REQUIRE(received.has_value());
  CHECK_FALSE(received->closed);
  CHECK(received->message.kind == LinkKind::hold);
  CHECK(received->message.present == 0x11);
  CHECK(received->message.pid == 7);
  CHECK(received->message.generation == 3);
  REQUIRE(received->descriptor_count == 2);
  for (int i = 0; i < 2; ++i) {
    char byte = 0;
    REQUIRE(os::write_all(received->descriptors[i].view(), i == 0 ? "a" : "b").has_value());
    REQUIRE(os::read_some(pipes[i].read_end.view(), {&byte, 1}).has_value());
    CHECK(byte == (i == 0 ? 'a' : 'b'));
  }
}

TEST_CASE("all that a keeper holds fits into one message") {
  auto pair = os::create_message_pair();
  auto pipe = os::create_pipe();
  const std::vector<os::FdView> sent(held_count, pipe->read_end.view());
  REQUIRE(send_link(pair->ours.view(), {.kind = LinkKind::welcome}, sent).has_value());
  CHECK(receive_link(pair->theirs.view())->descriptor_count == held_count);
}

TEST_CASE("a full socket is said, and takes more once the peer has read") {
  auto pair = os::create_message_pair();
  int sent = 0;
  Status status;
  while ((status = try_send_link(pair->ours.view(), {.pid = sent}))) ++sent;
  CHECK(error_number(status) == EAGAIN);
  CHECK(sent >= most_unanswered);
  for (int i = 0; i < sent; ++i) CHECK(receive_link(pair->theirs.view())->message.pid == i);
  CHECK(send_link(pair->ours.view(), {.pid = 1}).has_value());
  CHECK(receive_link(pair->theirs.view())->message.pid == 1);
  const auto nothing = receive_link(pair->theirs.view());
  REQUIRE_FALSE(nothing.has_value());
  CHECK(nothing.error().number == EAGAIN);
}

TEST_CASE("the end of the peer is told after what it had sent, and to who sends") {
  auto pair = os::create_message_pair();
  REQUIRE(send_link(pair->theirs.view(), {.kind = LinkKind::leaving, .number = 3}).has_value());
  pair->theirs.reset();
  auto last = receive_link(pair->ours.view());
  REQUIRE(last.has_value());
  CHECK(last->message.number == 3);
  CHECK(receive_link(pair->ours.view())->closed);
  CHECK(error_number(send_link(pair->ours.view(), {})) == EPIPE);
}

TEST_CASE("a peer that ends with something unread loses nothing that it had sent") {
  auto pair = os::create_message_pair();
  REQUIRE(send_link(pair->theirs.view(), {.kind = LinkKind::leaving, .number = 3}).has_value());
  REQUIRE(send_link(pair->ours.view(), {.kind = LinkKind::signal, .number = 15}).has_value());
  pair->theirs.reset();
  const auto last = receive_link(pair->ours.view());
  REQUIRE(last.has_value());
  CHECK(last->message.number == 3);
  const auto end = receive_link(pair->ours.view());
  REQUIRE(end.has_value());
  CHECK(end->closed);
}

TEST_CASE("a packet of another size is refused") {
  auto pair = os::create_message_pair();
  for (const std::size_t size :
       {std::size_t{1}, sizeof(LinkMessage) - 1, sizeof(LinkMessage) + 1}) {
    REQUIRE(os::send_message(pair->ours.view(), std::string(size, 'x')).has_value());
    const auto received = receive_link(pair->theirs.view());
    REQUIRE_FALSE(received.has_value());
    CHECK(received.error().number == EBADMSG);
  }
}

}  // namespace stayd::runtime
