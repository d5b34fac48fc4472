// SPDX-License-Identifier: Apache-2.0
#include "os/socket.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "os/epoll.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

std::vector<FdView> copies_of(FdView fd, std::size_t count) {
  return std::vector<FdView>(count, fd);
}

/// sendmsg as another program may use it: more descriptors than we would send ourselves.
bool send_raw(FdView socket, std::string_view bytes, const std::vector<FdView>& descriptors) {
  iovec content{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  std::vector<char> space(CMSG_SPACE(descriptors.size() * sizeof(int)));
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = space.data();
  header.msg_controllen = space.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    const int number = descriptors[i].number();
    std::memcpy(CMSG_DATA(part) + i * sizeof(int), &number, sizeof(int));
  }
  return ::sendmsg(socket.number(), &header, 0) >= 0;
}

Fd datagram_sender(const std::string& path) {
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

bool becomes_writable(FdView fd) {
  Epoll epoll = *Epoll::create();
  REQUIRE(epoll.add(fd, writable, 1).has_value());
  std::array<Ready, 1> ready;
  return !epoll.wait(ready, seconds(20))->empty();
}

TEST_CASE("messages keep their borders and carry descriptors") {
  SocketPair pair = *create_message_pair();
  const Pipe pipe = *create_pipe();
  const std::array<FdView, 2> sent{pipe.read_end.view(), pipe.write_end.view()};
  CHECK(*send_message(pair.ours.view(), "one", sent) == 3);
  CHECK(*send_message(pair.ours.view(), "second") == 6);
  std::array<char, 16> buffer;
  {
    const Received first = *receive_message(pair.theirs.view(), buffer);
    CHECK(first.size == 3);
    REQUIRE(first.descriptor_count == 2);
    REQUIRE(write_all(first.descriptors[1].view(), "x").has_value());
    CHECK(*read_some(pipe.read_end.view(), buffer) == 1);
  }
  CHECK(receive_message(pair.theirs.view(), buffer)->size == 6);
  CHECK(receive_message(pair.theirs.view(), buffer).error().number == EAGAIN);
  pair.ours.reset();
  CHECK(receive_message(pair.theirs.view(), buffer)->size == 0);
  CHECK(send_message(pair.theirs.view(), "x").error().number == EPIPE);
}

TEST_CASE("row 64: of a message that is too long or carries too much, no descriptor stays") {
  const SocketPair pair = *create_message_pair();
  std::array<char, 8> buffer;
  const std::size_t before = open_descriptors();
  for (const std::size_t count : {1U, 16U, 17U, 20U, 30U, 31U, 100U, 253U}) {
    CAPTURE(count);
    REQUIRE(send_raw(pair.ours.view(), "1234567890", copies_of(FdView(0), count)));
    const Received received = *receive_message(pair.theirs.view(), buffer);
    CHECK(received.truncated);
    CHECK(received.descriptor_count == 0);
    CHECK(open_descriptors() == before);
  }
  for (const std::size_t count : {17U, 30U, 253U}) {
    REQUIRE(send_raw(pair.ours.view(), "short", copies_of(FdView(0), count)));
    CHECK(receive_message(pair.theirs.view(), buffer)->truncated);
    CHECK(open_descriptors() == before);
  }
  REQUIRE(send_raw(pair.ours.view(), "short", copies_of(FdView(0), 16)));
  CHECK(receive_message(pair.theirs.view(), buffer)->descriptor_count == 16);
  CHECK(open_descriptors() == before);
  CHECK_FALSE(send_message(pair.ours.view(), "x", copies_of(FdView(0), 17)).has_value());
}

TEST_CASE("descriptors that find no room here are lost, not leaked") {
  const SocketPair pair = *create_message_pair();
  std::array<char, 8> buffer;
  REQUIRE(send_raw(pair.ours.view(), "x", copies_of(FdView(0), 16)));
  const std::size_t before = open_descriptors();
  {
    Fd next = *duplicate(FdView(0), 0);
    const int number = next.number();
    next.reset();
    const DescriptorLimit limit(static_cast<rlim_t>(number + 4));
    CHECK(receive_message(pair.theirs.view(), buffer)->truncated);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a full queue is EAGAIN, not a wait") {
  const SocketPair pair = *create_message_pair();
  int number = 0;
  for (int i = 0; i < 100'000 && number == 0; ++i) {
    const auto sent = send_message(pair.ours.view(), std::string(1000, 'x'));
    if (!sent) number = sent.error().number;
  }
  CHECK(number == EAGAIN);
}

TEST_CASE("a datagram names the process that sent it") {
  const TemporaryFolder folder;
  const std::string path = folder / "notify";
  const Fd socket = *bind_datagram(path, 0666);
  CHECK(status_of_path(path)->mode == 0666);
  const Fd sender = datagram_sender(path);
  REQUIRE(send_message(sender.view(), "READY=1").has_value());
  REQUIRE(send_message(sender.view(), "").has_value());
  std::array<char, 64> buffer;
  const Received received = *receive_message(socket.view(), buffer);
  CHECK(received.size == 7);
  REQUIRE(received.sender.has_value());
  CHECK(received.sender->pid == own_pid());
  CHECK(received.sender->uid == own_uid());
  if (received.sender_process.valid()) {
    CHECK(send_signal(received.sender_process.view(), 0).has_value());
  } else {
    MESSAGE("this kernel has no SCM_PIDFD");
  }
  CHECK(receive_message(socket.view(), buffer)->size == 0);
  CHECK(receive_message(socket.view(), buffer).error().number == EAGAIN);
}

TEST_CASE("row 66: a listener's file has its mode, whatever the umask, and replaces a stale one") {
  const TemporaryFolder folder;
  const std::string path = folder / "control";
  const mode_t before = ::umask(077);
  for (int i = 0; i < 2; ++i) {
    const auto listener = listen_unix(path, 0666, 8);  // the second finds the first's file
    REQUIRE(listener.has_value());
    CHECK(status_of_path(path)->mode == 0666);
    CHECK(connect_unix(path).has_value());
  }
  ::umask(before);
  CHECK(connect_unix(path).error().number == ECONNREFUSED);
  CHECK(remove_socket(path).has_value());
  CHECK(remove_socket(path).has_value());
  CHECK(connect_unix(path).error().number == ENOENT);
}

TEST_CASE("row 66: what is no socket of ours stays") {
  const TemporaryFolder folder;
  const std::string path = folder / "control";
  REQUIRE(write_file(path, "mine", 0600).has_value());
  CHECK(listen_unix(path, 0600, 8).error().number == EADDRINUSE);
  CHECK(remove_socket(path).error().number == ENOTSOCK);
  CHECK(*read_file(path, 10) == "mine");
  const std::string link = folder / "link";
  REQUIRE(::symlink((folder / "target").c_str(), link.c_str()) == 0);
  CHECK(listen_unix(link, 0600, 8).error().number == EADDRINUSE);
  CHECK_FALSE(exists(folder / "target"));
}

TEST_CASE("row 66: a path may be longer than a socket address") {
  const TemporaryFolder folder;
  const std::string deep = folder / (std::string(100, 'd') + "/" + std::string(100, 'e'));
  REQUIRE(make_folders(deep, 0700).has_value());
  const std::string path = deep + "/control";
  const std::size_t before = open_descriptors();
  {
    const Fd listener = *listen_unix(path, 0600, 8);
    CHECK(status_of_path(path)->is_socket);
    const Fd client = *connect_unix(path);
    CHECK(accept_connection(listener.view()).has_value());
    CHECK(open_descriptors() == before + 2);
  }
  CHECK(remove_socket(path).has_value());
  const auto too_long = listen_unix(folder / std::string(200, 'n'), 0600, 8);
  CHECK(too_long.error().number == ENAMETOOLONG);
  CHECK(listen_unix("", 0600, 8).error().number == EINVAL);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a peer is known by its credentials and its process") {
  const TemporaryFolder folder;
  const Fd listener = *listen_unix(folder / "control", 0600, 8);
  CHECK(accept_connection(listener.view()).error().number == EAGAIN);
  const Fd client = *connect_unix(folder / "control");
  const Fd server = *accept_connection(listener.view());
  CHECK(peer_of(server.view())->pid == own_pid());
  CHECK(peer_of(server.view())->uid == own_uid());
  CHECK(peer_groups(server.view()).size() == static_cast<std::size_t>(::getgroups(0, nullptr)));
  std::array<char, 4> buffer;
  shut_sending(client.view());
  CHECK(*read_some(server.view(), buffer) == 0);
  CHECK(send_message(server.view(), "bye").has_value());
  CHECK(*read_some(client.view(), buffer) == 3);
}

TEST_CASE("row 37: accept without descriptors is EMFILE and loses nobody") {
  const TemporaryFolder folder;
  const Fd listener = *listen_unix(folder / "control", 0600, 8);
  const Fd client = *connect_unix(folder / "control");
  CHECK(fails_cleanly_without_descriptors([&] { return accept_connection(listener.view()); }));
}

TEST_CASE("no descriptor is left when there are too few") {
  const TemporaryFolder folder;
  const std::string long_path = folder / (std::string(120, 'd') + "/socket");
  REQUIRE(make_folders(folder / std::string(120, 'd'), 0700).has_value());
  CHECK(fails_cleanly_without_descriptors([] { return create_message_pair(); }));
  CHECK(fails_cleanly_without_descriptors([&] { return listen_unix(long_path, 0600, 8); }));
  CHECK(fails_cleanly_without_descriptors([&] { return bind_datagram(folder / "d", 0600); }));
  const Fd listener = *listen_unix(folder / "s", 0600, 64);
  CHECK(fails_cleanly_without_descriptors([&] { return connect_unix(folder / "s"); }));
  CHECK(fails_cleanly_without_descriptors([&] { return start_connect_unix(folder / "s"); }));
}

TEST_CASE("a connect that has begun is decided when it is writable") {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.number(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string text = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const auto outcome = [&] {
    const auto socket = start_connect_tcp(text);
    if (!socket) return socket.error().number;
    return becomes_writable(socket->view()) ? connect_outcome(socket->view()) : -1;
  };
  CHECK(outcome() == ECONNREFUSED);
  REQUIRE(::listen(listener.number(), 8) == 0);
  CHECK(outcome() == 0);
}

TEST_CASE("a connection with ourselves is nobody's service") {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(connect_outcome(socket.view()) == ECONNREFUSED);
}

TEST_CASE("only numeric addresses are connected to") {
  for (const char* bad :
       {"", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:x", "::1:80", "[::1]", "[]:80", "[::1:80"}) {
    CAPTURE(bad);
    CHECK(start_connect_tcp(bad).error().number == EINVAL);
  }
}

}  // namespace
}  // namespace stayd::os
