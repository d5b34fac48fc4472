// SPDX-License-Identifier: Apache-2.0
#include "runtime/probes.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"
#include "os/error.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/socket.h"
#include "os/splice.h"

namespace stayd::runtime {

namespace {

using model::ProbeKind;

/// A connect or an answer that takes longer is given up and tried again.
constexpr Duration longest_try = seconds(2);
constexpr std::size_t longest_line = 1024;
/// Tries are made at multiples of this, so that a thousand probes do not wake us one by one.
constexpr Duration grid = milliseconds(5);
constexpr Duration shortest_interval = grid;

Instant on_grid(Instant at) {
  if (at == Instant::never()) return at;
  return at + Duration{(grid.ns - at.ns % grid.ns) % grid.ns};
}

constexpr std::string_view localhost = "localhost:";

/// "localhost:80" as 127.0.0.1 or, in turn, ::1; others as they are.
std::string numeric(const std::string& address, bool second) {
  if (!address.starts_with(localhost)) return address;
  return (second ? "[::1]:" : "127.0.0.1:") + address.substr(localhost.size());
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
}

std::string request_for(const HttpTarget& target) {
  return "GET " + target.path + " HTTP/1.1\r\nHost: " + target.authority +
         "\r\nUser-Agent: stayd\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

}  // namespace

Result<HttpTarget> parse_http_target(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme) || !is_plain(url)) {
    return failure("\"" + printable(url, 256) + "\" is not an http:// URL");
  }
  const std::string_view rest = url.substr(scheme.size());
  const std::size_t slash = rest.find_first_of("/?#");
  HttpTarget target;
  target.authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) target.path = rest.substr(slash, rest.find('#') - slash);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  target.address = target.authority;
  const std::size_t colon = target.address.rfind(':');
  const std::size_t bracket = target.address.rfind(']');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (!has_port) target.address += ":80";
  return target;
}

int http_status_in(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return 0;
  if (line.size() > 12 && line[12] != ' ' && line[12] != '\r') return 0;
  return static_cast<int>(parse_integer(line.substr(9, 3), 100, 999).value_or(0));
}

Status Probes::begin(const model::Probe& probe, ProbeStart start, Instant now) {
  Probe made{.instance = start.instance,
             .run = start.run,
             .kind = probe.kind,
             .http_status = probe.http_status,
             .interval = std::max(probe.interval, shortest_interval),
             .due = now,
             .target = probe.target};
  switch (probe.kind) {
    case ProbeKind::none:
    case ProbeKind::notify:
    case ProbeKind::log: return {};
    case ProbeKind::fd:
      if (!start.pipe.valid()) return failure("the pipe of the ready descriptor is not there");
      made.fd = std::move(start.pipe);
      made.step = Step::listening;
      made.due = Instant::never();
      TRY(watch(made, os::readable));
      break;
    case ProbeKind::http:
      made.http = TRY(parse_http_target(probe.target));
      made.target = made.http.address;
      break;
    case ProbeKind::exec: made.command = probe.command; break;
    case ProbeKind::delay: made.due = start.run_started + probe.delay; break;
    case ProbeKind::tcp:
    case ProbeKind::unix_socket:
    case ProbeKind::file: break;
  }
  probes_.push_back(std::move(made));
  set_deadline();
  return {};
}

void Probes::end(InstanceId instance, RunId run) {
  Probe* probe = find(instance, run);
  if (probe == nullptr) return;
  drop_descriptor(*probe);
  probe->kind = ProbeKind::none;
  remove_over();
}

Probes::Probe* Probes::find(InstanceId instance, RunId run) {
  const auto found = std::ranges::find_if(
      probes_, [&](const Probe& probe) { return probe.instance == instance && probe.run == run; });
  return found == probes_.end() ? nullptr : &*found;
}

void Probes::tick(Instant now, std::vector<ReadyRun>& into) {
  if (now < deadline_) return;
  for (Probe& probe : probes_) {
    if (now < probe.due) continue;
    const bool too_long = probe.step != Step::waiting;
    conclude(probe, too_long ? failed(probe, ETIMEDOUT) : try_once(probe), now, into);
  }
  remove_over();
}

void Probes::ready(InstanceId instance, RunId run, Instant now, std::vector<ReadyRun>& into) {
  Probe* probe = find(instance, run);
  if (probe == nullptr) return;
  Outcome outcome = Outcome::undecided;
  switch (probe->step) {
    case Step::connecting: outcome = connected(*probe); break;
    case Step::answering: outcome = read_answer(*probe); break;
    case Step::listening: outcome = read_newline(*probe); break;
    case Step::waiting:
    case Step::commanding: return;  // of a descriptor that is closed
  }
  conclude(*probe, outcome, now, into);
  remove_over();
}

void Probes::command_ended(InstanceId instance, RunId run, int exit_code, Instant now,
                           std::vector<ReadyRun>& into) {
  Probe* probe = find(instance, run);
  if (probe == nullptr || probe->step != Step::commanding) return;
  probe->wrong_answer = exit_code;
  conclude(*probe, exit_code == 0 ? Outcome::ready : Outcome::not_yet, now, into);
  remove_over();
}

void Probes::conclude(Probe& probe, Outcome outcome, Instant now, std::vector<ReadyRun>& into) {
  switch (outcome) {
    case Outcome::undecided:
      // A command may take its time, and so may a newline: the start's own timeout ends them.
      probe.due =
          probe.step == Step::connecting || probe.step == Step::answering
              ? std::min(probe.due > now ? probe.due : Instant::never(), on_grid(now + longest_try))
              : Instant::never();
      return;
    case Outcome::not_yet:
      drop_descriptor(probe);
      probe.step = Step::waiting;
      probe.due = on_grid(now + probe.interval);
      return;
    case Outcome::ready:
      drop_descriptor(probe);
      into.push_back({probe.instance, probe.run});
      probe.kind = ProbeKind::none;
      return;
  }
}

Probes::Outcome Probes::try_once(Probe& probe) {
  switch (probe.kind) {
    case ProbeKind::tcp:
    case ProbeKind::http:
    case ProbeKind::unix_socket: return start_connect(probe);
    case ProbeKind::exec: return start_command(probe);
    case ProbeKind::file: return os::exists(probe.target) ? Outcome::ready : failed(probe, ENOENT);
    case ProbeKind::delay: return Outcome::ready;
    case ProbeKind::none:
    case ProbeKind::notify:
    case ProbeKind::log:
    case ProbeKind::fd: break;
  }
  ENSURE(false);
}

Probes::Outcome Probes::failed(Probe& probe, int number) {
  probe.failure = number;
  probe.wrong_answer = 0;
  return Outcome::not_yet;
}

Probes::Outcome Probes::start_connect(Probe& probe) {
  const bool is_unix = probe.kind == ProbeKind::unix_socket;
  auto socket = is_unix ? os::start_connect_unix(probe.target)
                        : os::start_connect_tcp(numeric(probe.target, probe.second_address));
  probe.second_address = !probe.second_address;
  if (!socket) return failed(probe, socket.error().number);
  if (is_unix) return Outcome::ready;  // never under way: refused, or there
  probe.fd = std::move(*socket);
  probe.step = Step::connecting;
  if (const Status watched = watch(probe, os::writable); !watched) {
    return failed(probe, watched.error().number);
  }
  return Outcome::undecided;
}

Probes::Outcome Probes::start_command(Probe& probe) {
  probe.step = Step::commanding;
  const Status started = setting_.start_command(probe.instance, probe.run, probe.command);
  return started ? Outcome::undecided : failed(probe, started.error().number);
}

Probes::Outcome Probes::connected(Probe& probe) {
  if (const int number = os::connect_outcome(probe.fd.view()); number != 0) {
    return failed(probe, number);
  }
  if (probe.kind == ProbeKind::tcp) return Outcome::ready;
  // A new connection's buffer takes a request whole, or something is wrong with it.
  const std::string request = request_for(probe.http);
  const auto sent = os::send_message(probe.fd.view(), request);
  if (!sent) return failed(probe, sent.error().number);
  if (*sent != request.size()) return failed(probe, EMSGSIZE);
  probe.answer.clear();
  probe.step = Step::answering;
  const Status watched = setting_.epoll.modify(probe.fd.view(), os::readable,
                                               setting_.token(probe.instance, probe.run));
  return watched ? Outcome::undecided : failed(probe, watched.error().number);
}

Probes::Outcome Probes::read_answer(Probe& probe) {
  std::array<char, longest_line> piece;
  const auto got = os::read_some(probe.fd.view(), piece);
  if (!got && got.error().number == EAGAIN) return Outcome::undecided;
  if (!got) return failed(probe, got.error().number);
  probe.answer.append(piece.data(), *got);
  const std::size_t end = probe.answer.find('\n');
  const bool whole = end != std::string::npos;
  if (!whole && *got != 0 && probe.answer.size() < longest_line) return Outcome::undecided;
  const int status = whole ? http_status_in(std::string_view(probe.answer).substr(0, end)) : 0;
  if (status == 0) return failed(probe, EPROTO);
  probe.failure = 0;
  probe.wrong_answer = status;
  return status == probe.http_status ? Outcome::ready : Outcome::not_yet;
}

Probes::Outcome Probes::read_newline(Probe& probe) {
  std::array<char, 512> piece;
  const os::Transfer got = os::read_pipe(probe.fd.view(), piece);
  if (got.would_block()) return Outcome::undecided;
  if (std::string_view(piece.data(), got.bytes).find('\n') != std::string_view::npos) {
    return Outcome::ready;
  }
  if (got.bytes > 0) return Outcome::undecided;
  // Closed without the newline: it will never come, and the pipe would report its end for ever.
  (void)failed(probe, EPIPE);
  drop_descriptor(probe);
  return Outcome::undecided;
}

Status Probes::watch(Probe& probe, std::uint32_t events) {
  return setting_.epoll.add(probe.fd.view(), events, setting_.token(probe.instance, probe.run));
}

void Probes::drop_descriptor(Probe& probe) {
  if (!probe.fd.valid()) return;
  setting_.epoll.remove(probe.fd.view());
  probe.fd.reset();
}

void Probes::remove_over() {
  std::erase_if(probes_, [](const Probe& probe) { return probe.kind == ProbeKind::none; });
  set_deadline();
}

void Probes::set_deadline() {
  deadline_ = Instant::never();
  for (const Probe& probe : probes_) deadline_ = std::min(deadline_, probe.due);
}

std::string Probes::why_not(InstanceId instance, RunId run) const {
  const auto found = std::ranges::find_if(
      probes_, [&](const Probe& probe) { return probe.instance == instance && probe.run == run; });
  if (found == probes_.end()) return {};
  const Probe& probe = *found;
  if (probe.failure == EPROTO) return probe.target + ": the answer is not HTTP";
  if (probe.kind == ProbeKind::fd && probe.failure == EPIPE) {
    return "the ready descriptor was closed without a newline";
  }
  if (probe.wrong_answer != 0 && probe.kind == ProbeKind::http) {
    return probe.target + " answered with HTTP status " + std::to_string(probe.wrong_answer);
  }
  if (probe.wrong_answer != 0) {
    return probe.command[0] + " ended with " + std::to_string(probe.wrong_answer);
  }
  if (probe.failure == 0) return {};
  return (probe.kind == ProbeKind::exec ? probe.command[0] : probe.target) + ": " +
         os::error_text(probe.failure);
}

}  // namespace stayd::runtime
