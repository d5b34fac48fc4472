// SPDX-License-Identifier: Apache-2.0
#include "runtime/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <memory>
#include <vector>

#include "os/files.h"
#include "os/socket.h"
#include "os/splice.h"
#include "os/test_support.h"
#include "runtime/containment_test_support.h"

namespace stayd::runtime {
namespace {

using namespace stayd::runtime::test;

constexpr Instant start_of_time{seconds(1000).ns};

/// A datagram to a socket file, with `copies` of standard input, as any program may send it.
bool send_datagram(const std::string& path, std::string_view datagram, os::FdView what,
                   std::size_t copies) {
  const os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  iovec content{.iov_base = const_cast<char*>(datagram.data()), .iov_len = datagram.size()};
  std::vector<char> space(CMSG_SPACE(copies * sizeof(int)));
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  if (copies > 0) {
    header.msg_control = space.data();
    header.msg_controllen = space.size();
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(copies * sizeof(int));
    const int number = what.number();
    for (std::size_t i = 0; i < copies; ++i) {
      std::memcpy(CMSG_DATA(part) + i * sizeof number, &number, sizeof number);
    }
  }
  return ::sendmsg(socket.number(), &header, 0) >= 0;
}

/// A main process that does as it is told: a forked copy of this one, in a session of its own and,
/// where there are cgroups, in its leaf.
class Sender {
 public:
  Sender(Containment& containment, Service& service, const std::string& path) {
    os::SocketPair pair = *os::create_message_pair();
    const auto cgroup = containment.prepare(service.name, service.leaf);
    REQUIRE(cgroup.has_value());
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setsid();
      if (*cgroup) (void)(*cgroup)->move_in(0);
      pair.ours.reset();
      serve(pair.theirs.view(), path);
      ::_exit(0);
    }
    service.process = {.pid = pid, .process = *os::open_process(pid)};
    orders_ = std::move(pair.ours);
    order("");  // it is where it is to be
  }

  void send(std::string_view datagram, std::size_t copies = 0) {
    order(std::string(1, static_cast<char>(copies)) + std::string(datagram));
  }

 private:
  void order(const std::string& text) {
    REQUIRE(os::send_message(orders_.view(), text.empty() ? "?" : "!" + text).has_value());
    REQUIRE(os::test::wait_readable(orders_.view()));
    std::array<char, 8> answer;
    REQUIRE(os::read_some(orders_.view(), answer).value_or(0) > 0);
  }

  static void serve(os::FdView orders, const std::string& path) {
    std::vector<char> order(200'000);
    while (os::test::wait_readable(orders)) {
      const auto got = os::read_some(orders, order);
      if (!got || *got == 0) return;
      if (order[0] == '!') {
        send_datagram(path, {order.data() + 2, *got - 2}, os::FdView(0),
                      static_cast<unsigned char>(order[1]));
      }
      if (!os::send_message(orders, "done")) return;
    }
  }

  os::Fd orders_;
};

struct World {
  os::TemporaryFolder folder;
  Containment containment;
  NotifySockets sockets{folder / "run/notify", containment};
  Service service{.name = "web", .run = RunId{7}};
  std::unique_ptr<Sender> sender;

  explicit World(const char* name = without_cgroup) : containment(make_containment(name)) {
    REQUIRE(sockets.open(service.instance, service.run).has_value());
    sender = std::make_unique<Sender>(containment, service, path());
  }
  ~World() {
    sender.reset();
    put_away(containment, service);
    sockets.end(service.instance, service.run);
    containment.remove_all();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] std::string path() const { return sockets.path_of(service.run); }
  Notified receive(Instant now = start_of_time) {
    return sockets.receive(service.contained(), now);
  }
  Notified said(std::string_view datagram) {
    sender->send(datagram);
    return receive();
  }
};

TEST_CASE("a run's notification is heard, with cgroups and without") {
  for (const char* name : {without_cgroup, "notify-test"}) {
    CAPTURE(name);
    World world(name);
    Notified said = world.said("READY=1\nSTATUS=serving \x1b[1m\nUNKNOWN=x\nnonsense\n");
    CHECK(said.ready);
    CHECK(said.status == "serving \\x1b[1m");
    CHECK(said.complaint.empty());
    said = world.said("RELOADING=1");
    CHECK(said.reloading);
    CHECK_FALSE(said.ready);
    CHECK(world.said("STOPPING=1").stopping);
    CHECK_FALSE(world.receive().ready);  // nothing came
  }
}

TEST_CASE("row 63: what comes from elsewhere is ignored, and told once a minute") {
  for (const char* name : {without_cgroup, "notify-test"}) {
    CAPTURE(name);
    World world(name);
    const auto lie = [&](Duration later) {
      REQUIRE(send_datagram(world.path(), "READY=1\nMAINPID=1", os::FdView(0), 0));
      return world.receive(start_of_time + later);
    };
    const Notified first = lie(seconds(0));
    CHECK_FALSE(first.ready);
    CHECK(first.main_pid == 0);
    CHECK(first.complaint == "ignored a notification from process " +
                                 std::to_string(os::own_pid()) + ": it is not of this service");
    CHECK(lie(seconds(59)).complaint.empty());
    CHECK_FALSE(lie(seconds(61)).complaint.empty());
    CHECK(world.said("READY=1").ready);
    CHECK(world.said("READY=1").ready);  // twice does no harm
  }
}

TEST_CASE("row 64: what cannot be meant is ignored, and no descriptor stays") {
  World world;
  const std::size_t before = os::open_descriptors();
  const std::vector<std::string> bad{"", std::string(100'000, 'x'), std::string("READY=1\0x", 9),
                                     "READY=1\xff", std::string(4'097, 'R')};
  for (const std::string& datagram : bad) {
    for (const std::size_t copies : {0U, 1U, 16U, 17U, 30U, 253U}) {
      world.sender->send(datagram, copies);
      const Notified said = world.receive(start_of_time + seconds(100));
      CHECK_FALSE(said.ready);
      CHECK(os::open_descriptors() == before);
    }
  }
  world.sender->send("READY=1", 253);
  CHECK_FALSE(world.receive().ready);
  world.sender->send("READY=1\nFDSTORE=1", 16);
  CHECK(world.receive().ready);
  CHECK(os::open_descriptors() == before);
}

TEST_CASE("row 64: BARRIER is answered by closing its descriptor") {
  World world;
  os::Pipe pipe = *os::create_pipe();
  // Whoever sends it: it is closed with every other descriptor.
  REQUIRE(send_datagram(world.path(), "BARRIER=1", pipe.write_end.view(), 1));
  pipe.write_end.reset();
  std::array<char, 1> none;
  CHECK(os::read_pipe(pipe.read_end.view(), none).would_block());
  (void)world.receive();
  CHECK(os::read_pipe(pipe.read_end.view(), none).at_end());
}

TEST_CASE("row 64: MAINPID is believed of a process of the run only") {
  World world;
  for (const std::string& pid :
       {std::string("1"), std::to_string(os::own_pid()), std::string("2147483647")}) {
    const Notified said = world.said("MAINPID=" + pid);
    CHECK(said.main_pid == 0);
    CHECK_FALSE(said.main_process.valid());
  }
  CHECK(world.said("MAINPID=-1").main_pid == 0);
  CHECK(world.said("MAINPID=12x").main_pid == 0);
  const Notified said = world.said("MAINPID=" + std::to_string(world.service.process.pid));
  CHECK(said.main_pid == world.service.process.pid);
  CHECK(os::send_signal(said.main_process.view(), 0).has_value());
}

TEST_CASE("a successor goes on with the socket it was handed, or with a new one at the same path") {
  World world;
  os::Fd handed =
      *os::duplicate(world.sockets.socket_of(world.service.instance, world.service.run));
  world.sender->send("READY=1");  // while nobody listens
  {
    NotifySockets successor(world.folder / "run/notify", world.containment);
    CHECK(successor.adopt(world.service.instance, world.service.run, std::move(handed)).valid());
    CHECK(successor.receive(world.service.contained(), start_of_time).ready);
    NotifySockets third(world.folder / "run/notify", world.containment);
    REQUIRE(third.open(world.service.instance, world.service.run).has_value());
    world.sender->send("READY=1");
    CHECK(third.receive(world.service.contained(), start_of_time).ready);
  }
}

TEST_CASE("anyone can reach the socket, nobody can list or replace it; it goes with its run") {
  World world;
  CHECK(os::status_of_path(world.path())->mode == 0666);
  CHECK(os::status_of_path(world.folder / "run/notify")->mode == 0711);
  REQUIRE(world.sockets.open(InstanceId{1}, RunId{8}).has_value());
  world.sockets.end(InstanceId{1}, RunId{8});
  world.sockets.end(InstanceId{1}, RunId{8});
  CHECK_FALSE(os::exists(world.sockets.path_of(RunId{8})));
  CHECK(world.said("READY=1").ready);
  CHECK_FALSE(world.sockets.socket_of(InstanceId{1}, RunId{8}).valid());
  world.sockets.remove_all();
  CHECK_FALSE(os::exists(world.folder / "run/notify"));
}

}  // namespace
}  // namespace stayd::runtime
