// SPDX-License-Identifier: Apache-2.0
#include "runtime/probes.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

#include "os/clock.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/socket.h"
#include "os/test_support.h"

namespace stayd::runtime {
namespace {

constexpr InstanceId web{3};
constexpr RunId run{17};
constexpr Duration patience = seconds(20);
constexpr Duration at_once = nanoseconds(0);

std::uint64_t token(InstanceId instance, RunId number) {
  return std::uint64_t{index_of(instance)} << 32U | number_of(number);
}

/// A TCP listener on a port of its own, as a service may have it.
struct Listener {
  os::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  std::string address;

  Listener() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    REQUIRE(::bind(socket.number(), reinterpret_cast<sockaddr*>(&any), size) == 0);
    REQUIRE(::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&any), &size) == 0);
    port_ = ntohs(any.sin_port);
    address = "127.0.0.1:" + std::to_string(port_);
  }
  [[nodiscard]] std::string with_host(const std::string& host) const {
    return host + ":" + std::to_string(port_);
  }
  void listen() { REQUIRE(::listen(socket.number(), 16) == 0); }

 private:
  int port_ = 0;
};

/// A loop with nothing in it but probes, in a time of its own.
struct Loop {
  os::Epoll epoll = *os::Epoll::create();
  std::vector<std::string> started;
  Probes probes{{.epoll = epoll, .token = token, .start_command = [this](auto... arguments) {
                   return note(arguments...);
                 }}};
  std::vector<ReadyRun> found;
  Instant now{seconds(1000).ns};
  int start_failure = 0;

  Status note(InstanceId, RunId, std::span<const std::string> command) {
    if (start_failure != 0) return failure(start_failure, "no");
    started.push_back(command[0]);
    return {};
  }
  Status begin(const model::Probe& probe, os::Fd pipe = {}) {
    return probes.begin(
        probe, {.instance = web, .run = run, .run_started = now, .pipe = std::move(pipe)}, now);
  }
  void tick() { probes.tick(now, found); }
  /// Takes what epoll says within `span`.
  bool events(Duration span) {
    std::array<os::Ready, 4> into;
    const auto ready = *epoll.wait(into, span);
    for (const os::Ready& one : ready) {
      CHECK(one.token == token(web, run));
      probes.ready(web, run, now, found);
    }
    return !ready.empty();
  }
  /// One try, from its time until it is decided.
  void try_once() {
    now = std::max(now, probes.next_deadline());
    tick();
    while (found.empty() && probes.next_deadline() > now + seconds(1)) {
      if (!events(patience)) return;
    }
  }
  [[nodiscard]] bool is_ready() const { return found.size() == 1; }
};

/// Answers every request of a listener with `answer`, as far as it has come.
void answer(const Listener& listener, std::string_view text, std::string* request = nullptr) {
  os::Epoll epoll = *os::Epoll::create();
  std::array<os::Ready, 1> ready;
  REQUIRE(epoll.add(listener.socket.view(), os::readable, 0).has_value());
  REQUIRE_FALSE(epoll.wait(ready, patience)->empty());
  const os::Fd connection = *os::accept_connection(listener.socket.view());
  epoll.remove(listener.socket.view());
  REQUIRE(epoll.add(connection.view(), os::readable, 0).has_value());
  REQUIRE_FALSE(epoll.wait(ready, patience)->empty());
  std::array<char, 4096> buffer;
  const std::size_t size = *os::read_some(connection.view(), buffer);
  if (request != nullptr) request->assign(buffer.data(), size);
  REQUIRE(os::write_all(connection.view(), text).has_value());
}

/// The answer's outcome for an http probe of status 200.
void probe_http(Loop& loop, const Listener& listener, std::string_view text,
                std::string* request = nullptr) {
  loop.now = std::max(loop.now, loop.probes.next_deadline());
  loop.tick();
  REQUIRE(loop.events(patience));  // connected
  answer(listener, text, request);
  while (loop.found.empty() && loop.probes.next_deadline() > loop.now + seconds(1)) {
    REQUIRE(loop.events(patience));
  }
}

TEST_CASE("tcp: tried each interval until somebody listens, and no descriptor stays") {
  const std::size_t before = os::open_descriptors();
  {
    Loop loop;
    Listener listener;
    REQUIRE(loop.begin({.kind = model::ProbeKind::tcp, .target = listener.address}).has_value());
    for (int i = 0; i < 3; ++i) {
      const Instant begun = loop.now;
      loop.try_once();
      CHECK_FALSE(loop.is_ready());
      CHECK(loop.probes.why_not(web, run) == listener.address + ": Connection refused");
      if (i > 0) CHECK(loop.now >= begun + milliseconds(100));
    }
    listener.listen();
    loop.try_once();
    CHECK(loop.is_ready());
    CHECK(loop.probes.next_deadline() == Instant::never());
    CHECK(loop.probes.why_not(web, run).empty());
  }
  CHECK(os::open_descriptors() == before);
}

TEST_CASE("tcp: localhost is either loopback address") {
  Loop loop;
  Listener listener;
  listener.listen();
  REQUIRE(loop.begin({.kind = model::ProbeKind::tcp, .target = listener.with_host("localhost")})
              .has_value());
  loop.try_once();
  if (!loop.is_ready()) loop.try_once();
  if (!loop.is_ready()) loop.try_once();
  CHECK(loop.is_ready());
}

TEST_CASE("unix: ready when the socket accepts") {
  const os::TemporaryFolder folder;
  Loop loop;
  const std::string path = folder / "socket";
  REQUIRE(loop.begin({.kind = model::ProbeKind::unix_socket, .target = path}).has_value());
  loop.try_once();
  CHECK(loop.probes.why_not(web, run) == path + ": No such file or directory");
  const os::Fd listener = *os::listen_unix(path, 0600, 8);
  loop.try_once();
  CHECK(loop.is_ready());
}

TEST_CASE("http: the status line decides") {
  Loop loop;
  Listener listener;
  listener.listen();
  const model::Probe probe{.kind = model::ProbeKind::http,
                           .target = "http://" + listener.address + "/health?x=1"};
  REQUIRE(loop.begin(probe).has_value());
  std::string request;
  probe_http(loop, listener, "HTTP/1.1 503 Service Unavailable\r\n\r\n", &request);
  CHECK_FALSE(loop.is_ready());
  CHECK(request.starts_with("GET /health?x=1 HTTP/1.1\r\nHost: " + listener.address + "\r\n"));
  CHECK(loop.probes.why_not(web, run).ends_with("answered with HTTP status 503"));
  probe_http(loop, listener, "SSH-2.0-OpenSSH\r\n");
  CHECK(loop.probes.why_not(web, run).ends_with("the answer is not HTTP"));
  probe_http(loop, listener, "HTTP/1.1 200");  // and the end
  CHECK_FALSE(loop.is_ready());
  probe_http(loop, listener, std::string(100'000, 'x'));
  CHECK_FALSE(loop.is_ready());
  probe_http(loop, listener, "HTTP/1.0 200 OK\r\nand the rest is not read");
  CHECK(loop.is_ready());
}

TEST_CASE("http: an answer that does not come is given up and asked for again") {
  Loop loop;
  Listener listener;
  listener.listen();  // accepts, and says nothing
  REQUIRE(loop.begin({.kind = model::ProbeKind::http, .target = "http://" + listener.address})
              .has_value());
  loop.tick();
  REQUIRE(loop.events(patience));
  const Instant limit = loop.probes.next_deadline();
  CHECK(limit >= loop.now + seconds(2));
  CHECK(limit < loop.now + seconds(3));
  loop.now = limit;
  loop.tick();
  CHECK(loop.probes.why_not(web, run).ends_with(": Connection timed out"));
  CHECK_FALSE(loop.events(at_once));
  loop.now = loop.probes.next_deadline();
  loop.tick();
  CHECK(loop.events(patience));
}

TEST_CASE("exec: started each interval until it ends with 0") {
  Loop loop;
  REQUIRE(loop.begin({.kind = model::ProbeKind::exec, .command = {"/bin/check"}}).has_value());
  loop.tick();
  loop.tick();
  CHECK(loop.started.size() == 1);  // one at a time
  CHECK(loop.probes.next_deadline() == Instant::never());
  loop.probes.command_ended(web, run, 3, loop.now, loop.found);
  CHECK(loop.probes.why_not(web, run) == "/bin/check ended with 3");
  loop.start_failure = EAGAIN;
  loop.now = loop.probes.next_deadline();
  loop.tick();
  CHECK(loop.probes.why_not(web, run) == "/bin/check: Resource temporarily unavailable");
  loop.start_failure = 0;
  loop.now = loop.probes.next_deadline();
  loop.tick();
  CHECK(loop.started.size() == 2);
  loop.probes.command_ended(web, RunId{16}, 0, loop.now, loop.found);  // another run's
  CHECK(loop.found.empty());
  loop.probes.command_ended(web, run, 0, loop.now, loop.found);
  CHECK(loop.is_ready());
}

TEST_CASE("file: ready when it is there") {
  const os::TemporaryFolder folder;
  Loop loop;
  REQUIRE(loop.begin({.kind = model::ProbeKind::file, .target = folder / "up"}).has_value());
  loop.tick();
  CHECK(loop.found.empty());
  REQUIRE(os::write_file(folder / "up", "", 0600).has_value());
  loop.tick();  // not before its time
  CHECK(loop.found.empty());
  loop.now = loop.probes.next_deadline();
  loop.tick();
  CHECK(loop.is_ready());
}

TEST_CASE("delay: counts from the start of the run") {
  Loop loop;
  const model::Probe probe{.kind = model::ProbeKind::delay, .delay = seconds(2)};
  REQUIRE(loop.probes
              .begin(probe,
                     {.instance = web, .run = run, .run_started = {loop.now.ns - seconds(1).ns}},
                     loop.now)
              .has_value());
  CHECK(loop.probes.next_deadline() == loop.now + seconds(1));
  loop.tick();
  CHECK(loop.found.empty());
  loop.now = loop.now + seconds(1);
  loop.tick();
  CHECK(loop.is_ready());
}

TEST_CASE("fd: a newline is ready, whatever is before it") {
  Loop loop;
  os::Pipe pipe = *os::create_pipe();
  REQUIRE(loop.begin({.kind = model::ProbeKind::fd}, std::move(pipe.read_end)).has_value());
  REQUIRE(os::write_all(pipe.write_end.view(), std::string(1000, 'x')).has_value());
  while (loop.events(at_once)) {
  }
  CHECK(loop.found.empty());
  REQUIRE(os::write_all(pipe.write_end.view(), "\n").has_value());
  loop.events(at_once);
  CHECK(loop.is_ready());
}

TEST_CASE("fd: closed without a newline it is not ready, and does not spin") {
  Loop loop;
  os::Pipe pipe = *os::create_pipe();
  REQUIRE(loop.begin({.kind = model::ProbeKind::fd}, std::move(pipe.read_end)).has_value());
  pipe.write_end.reset();
  CHECK(loop.events(at_once));
  CHECK_FALSE(loop.events(at_once));
  CHECK(loop.found.empty());
  CHECK(loop.probes.why_not(web, run) == "the ready descriptor was closed without a newline");
  CHECK_FALSE(loop.begin({.kind = model::ProbeKind::fd}).has_value());
}

TEST_CASE("row 63: an ended probe tells nothing more, and gives its descriptor back") {
  const std::size_t before = os::open_descriptors();
  Listener listener;
  listener.listen();
  {
    Loop loop;
    REQUIRE(loop.begin({.kind = model::ProbeKind::tcp, .target = listener.address}).has_value());
    loop.tick();
    loop.probes.end(web, run);
    CHECK_FALSE(loop.events(at_once));
    loop.probes.ready(web, run, loop.now, loop.found);  // an event that was under way
    loop.probes.command_ended(web, run, 0, loop.now, loop.found);
    loop.probes.end(web, run);
    CHECK(loop.found.empty());
    CHECK(loop.probes.next_deadline() == Instant::never());
  }
  CHECK(os::open_descriptors() == before + 1);
}

TEST_CASE("URLs are taken apart, and what is none is refused") {
  const HttpTarget full = *parse_http_target("http://[::1]:8080/a/b?c=d#e");
  CHECK(full.address == "[::1]:8080");
  CHECK(full.path == "/a/b?c=d");
  CHECK(parse_http_target("http://127.0.0.1")->address == "127.0.0.1:80");
  CHECK(parse_http_target("http://[::1]")->address == "[::1]:80");
  CHECK(parse_http_target("http://localhost:1?x")->path == "/?x");
  for (const char* bad : {"", "https://127.0.0.1/", "127.0.0.1:80", "http://127.0.0.1/a b",
                          "http://127.0.0.1/\r\nX: y"}) {
    CHECK_FALSE(parse_http_target(bad).has_value());
  }
  Loop loop;
  CHECK_FALSE(loop.begin({.kind = model::ProbeKind::http, .target = "ftp://x"}).has_value());
  CHECK(loop.probes.next_deadline() == Instant::never());
}

TEST_CASE("only a status line has a status") {
  CHECK(http_status_in("HTTP/1.1 200 OK\r") == 200);
  CHECK(http_status_in("HTTP/1.0 404") == 404);
  for (const char* bad : {"", "HTTP/1.1", "HTTP/1.1 2000", "HTTP/1.1 20", "HTTP/1.1 abc OK",
                          "HTTP/1.1  20 ", "http/1.1 200 OK", "HTTP/1.1 -20 OK"}) {
    CHECK(http_status_in(bad) == 0);
  }
}

}  // namespace
}  // namespace stayd::runtime
